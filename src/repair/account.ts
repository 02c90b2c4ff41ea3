/**
 * What is known of a volume, with the doubts. A block that a checksum has proven is believed whole; without one, each fact
 * must be said from two sides that are independent of each other: the header and the virtualization info, the header and
 * the places where copies were found, the conversion state and the size of the volume. Everything else is a doubt, for the
 * geometry search and the trial to decide: a wrong fact makes wrong bytes, a doubt only takes time.
 */
import { equalBytes } from "../bytes/compare.ts"
import {
  type MetadataBlock,
  type VolumeFacts,
  known,
  readVirtualization,
  readVolumeFacts,
} from "../fve/index.ts"
import { type Judgement, isDisputed, judgeClaims } from "./claims.ts"
import {
  type Conversion,
  areaSizeClaims,
  conversionClaims,
  headLengthClaims,
  headStartClaims,
  mftMirrorClaims,
  offsetClaims,
  sectorSizeClaims,
  versionClaims,
  volumeIdClaims,
} from "./fact-claims.ts"
import { type Doubt, DOUBTFUL_FIELDS, type DoubtfulField, doubt, headDoubt } from "./doubts.ts"
import type { Candidate } from "./intact-blocks.ts"
import { type MetadataEvidence, type Witness, hasSeveralGenerations } from "./witnesses.ts"

export interface Account {
  /** The best that is known, doubtful or not. */
  readonly facts: VolumeFacts
  readonly doubts: readonly Doubt[]
}

/** From a block with a right checksum: only where it contradicts itself, or its own place, are doubts. */
export function accountOfProven(block: MetadataBlock, { boot, copies }: MetadataEvidence): Account {
  const { version } = block.header
  // The boot sector has the last word only where the block itself has none: it is proven, the boot sector is not.
  const sectorSizes = [...sectorSizeClaims([block], undefined, version), ...sectorSizeClaims([], boot)]
  const facts = readVolumeFacts(block, sectorSizes[0]?.value)
  const doubts: Doubt[] = []
  const starts = headStartClaims([block])
  const lengths = headLengthClaims([block], facts.sectorSize ?? 0)
  if (facts.version !== 1 && (isDisputed(starts) || isDisputed(lengths))) {
    doubts.push(headDoubt(judgeClaims(starts), judgeClaims(lengths)))
  }
  if (facts.sectorSize === undefined || isDisputed(sectorSizeClaims([block]))) {
    doubts.push(doubt("sectorSize", judgeClaims(sectorSizes).candidates))
  }
  const { infoSize } = block
  const covered = block.bytes.subarray(0, infoSize)
  const isElsewhere = copies.some(
    ({ offset, bytes }) =>
      !facts.metadataOffsets.includes(offset) && equalBytes(bytes.subarray(0, infoSize), covered),
  )
  if (isElsewhere) doubts.push(doubt("metadataOffsets", [facts.metadataOffsets]))
  return { facts, doubts }
}

/** Field by field, where no checksum is right. `undefined` when nothing at all is known. */
export function accountOfDamaged(own: readonly Witness[], evidence: MetadataEvidence): Account | undefined {
  const blocks = own.flatMap(({ block }) => (block ? [block] : []))
  const [best] = blocks
  if (!best) return undefined
  const judged = judgeFacts(blocks, own, evidence)
  return { facts: factsFrom(judged, best, blocks), doubts: doubtsOf(judged) }
}

/**
 * From several different blocks of one generation, each with a right checksum: what they agree upon is believed, the rest
 * only where it is sure without a checksum.
 */
export function accountOfContested(
  candidates: readonly Candidate[],
  own: readonly Witness[],
  evidence: MetadataEvidence,
): Account | undefined {
  const account = accountOfDamaged(own, evidence)
  const accounts = candidates.map(({ block }) => accountOfProven(block, evidence))
  const isDisputedField = (field: DoubtfulField): boolean =>
    isDisputed(accounts.map(({ facts }) => ({ value: factOf(facts, field), side: field })))
  const [first] = accounts
  if (!account || !first) return account
  const disputed = DOUBTFUL_FIELDS.filter(isDisputedField)
  const changes = disputed.map((field) => factOf(account.facts, field))
  return {
    facts: Object.assign({ ...first.facts }, ...changes) as VolumeFacts,
    doubts: [
      ...account.doubts.filter(({ field }) => disputed.includes(field)),
      ...first.doubts.filter(({ field }) => !disputed.includes(field)),
    ],
  }
}

/** A fact with all that belongs to it. */
function factOf(facts: VolumeFacts, field: DoubtfulField): Partial<VolumeFacts> {
  const { state, nextState, watermark, conversionLog, headBackup, headSectorCount } = facts
  if (field === "conversion") return known({ state, nextState, watermark, conversionLog })
  if (field === "headBackup") return known({ headBackup, headSectorCount })
  return known({ [field]: facts[field] })
}

interface JudgedFacts {
  readonly version: Judgement<number>
  readonly volumeId: Judgement<string>
  readonly conversion: Judgement<Conversion>
  readonly sectorSize: Judgement<number>
  readonly areaSize: Judgement<number>
  /** By slot. */
  readonly offsets: readonly Judgement<number>[]
  /** Both absent from version 1, which keeps the head in its place. */
  readonly headStart?: Judgement<number>
  readonly headLength?: Judgement<number>
  /** Version 1 only. */
  readonly mftMirrorLcn?: Judgement<bigint>
}

function judgeFacts(
  blocks: readonly MetadataBlock[],
  own: readonly Witness[],
  evidence: MetadataEvidence,
): JudgedFacts {
  const { boot } = evidence
  const judgedVersion = judgeClaims(versionClaims(blocks, boot))
  const version = judgedVersion.value ?? 2
  const sectorSize = judgeClaims(sectorSizeClaims(blocks, boot, version))
  const claims = conversionClaims(blocks, evidence, version)
  // What an older generation says of it may have been true once, and agrees with everything but the present.
  const conversions = hasSeveralGenerations(own)
    ? claims.map(({ value }) => ({ value, side: "header" }))
    : claims
  const head = {
    headStart: judgeClaims(headStartClaims(blocks)),
    headLength: judgeClaims(headLengthClaims(blocks, sectorSize.value ?? 0, boot?.layout)),
  }
  return {
    version: judgedVersion,
    volumeId: judgeClaims(volumeIdClaims(blocks, evidence)),
    conversion: judgeClaims(conversions),
    sectorSize,
    areaSize: judgeClaims(areaSizeClaims(blocks, boot, version)),
    offsets: [0, 1, 2].map((slot) => judgeClaims(offsetClaims(blocks, own, boot, slot))),
    ...(version === 1 ? { mftMirrorLcn: judgeClaims(mftMirrorClaims(blocks)) } : head),
  }
}

function factsFrom(judged: JudgedFacts, best: MetadataBlock, blocks: readonly MetadataBlock[]): VolumeFacts {
  const { conversion, offsets, headStart, headLength, mftMirrorLcn } = judged
  const version = judged.version.value ?? 2
  const { state, nextState, logSize, watermark } = conversion.value ?? { ...best.header, watermark: 0 }
  const header = {
    ...best.header,
    version,
    state,
    nextState,
    logSize,
    watermark: BigInt(watermark),
    copyOffsets: offsets.map(({ value }) => BigInt(value ?? 0)),
    headBackup: mftMirrorLcn?.value ?? BigInt(headStart?.value ?? 0),
  }
  // Every fact that is not judged comes from the best block, but for those of a datum that it has lost.
  const { datums } = (blocks.find(({ dataset }) => readVirtualization(dataset).info) ?? best).dataset
  const read = readVolumeFacts({ ...best, header, dataset: { header: best.dataset.header, datums } })
  const { headBackup: _, sectorSize: __, ...facts } = read
  const sectorSize = judged.sectorSize.value
  const [start, length] = [headStart?.value, headLength?.value]
  return {
    ...facts,
    hasFvek: blocks.some((block) => readVolumeFacts(block).hasFvek),
    volumeId: judged.volumeId.value ?? facts.volumeId,
    areaSize: judged.areaSize.value ?? facts.areaSize,
    headSectorCount: length && sectorSize ? length / sectorSize : 0,
    ...(sectorSize !== undefined && { sectorSize }),
    ...(start !== undefined && length !== undefined && { headBackup: { start, length } }),
  }
}

function doubtsOf(judged: JudgedFacts): Doubt[] {
  const { version, volumeId, conversion, sectorSize, areaSize, offsets, headStart, headLength } = judged
  const doubts: Doubt[] = []
  if (!version.isSure) doubts.push(doubt("version", version.candidates))
  if (!volumeId.isSure) doubts.push(doubt("volumeId", volumeId.candidates))
  if (!conversion.isSure) doubts.push(doubt("conversion", conversion.candidates))
  if (!sectorSize.isSure) doubts.push(doubt("sectorSize", sectorSize.candidates))
  if (!areaSize.isSure) doubts.push(doubt("areaSize", areaSize.candidates))
  if (!offsets.every(({ isSure }) => isSure)) {
    const best = offsets.flatMap(({ value }) => (value === undefined ? [] : [value]))
    doubts.push(doubt("metadataOffsets", [best]))
  }
  if (headStart && headLength && !(headStart.isSure && headLength.isSure))
    doubts.push(headDoubt(headStart, headLength))
  if (judged.mftMirrorLcn) doubts.push(doubt("mftMirrorLcn", judged.mftMirrorLcn.candidates))
  return doubts
}

/**
 * Where newer metadata is damaged, an older generation tells everything but how far a conversion has come since.
 * @param newer what is left of it
 */
export function withOldConversion({ facts, doubts }: Account, newer: readonly Witness[]): Account {
  const { state, nextState, watermark, conversionLog } = facts
  const old = { state, nextState, watermark, logSize: conversionLog?.length ?? 0 }
  const blocks = newer.flatMap(({ block }) => (block ? [block] : []))
  const told = conversionClaims(blocks, { copies: [] }, facts.version).map(({ value }) => value)
  const others = doubts.filter(({ field }) => field !== "conversion")
  return { facts, doubts: [...others, doubt("conversion", [...told, old])] }
}
