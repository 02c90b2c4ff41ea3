/**
 * Surveys an encrypt-on-write conversion: structures, then region by region. What no bitmap covers is undecided. The backup
 * of the head is a region of its own, and too small to be half converted for long: it is stored in one way.
 */
import {
  type Extent,
  extent,
  hexRange,
  intersect,
  mergeExtents,
  overlaps,
  subtractExtents,
} from "../extents/extent.ts"
import type { SectorCipher } from "../crypto/sector-cipher.ts"
import type { Finding } from "../findings.ts"
import type { ByteSource } from "../source/byte-source.ts"
import { type DoubtfulPlace, type StoragePart, surveyOrphanLog, surveyRegion } from "./eow-region.ts"
import { type EowPlaces, type EowStructures, readEowStructures } from "./eow-structures.ts"
import { markSectors, rulesForBorder, rulesForUniform, rulesForUnknown, spreadSamples } from "./trial.ts"

export interface EowQuestion {
  readonly source: ByteSource
  readonly sectorSize: number
  /** Where the boot sector says that the information blocks are. */
  readonly offsets: readonly number[]
  /** What a scan found, for when they are not there. */
  readonly found?: EowPlaces | undefined
  readonly headBackup?: Extent | undefined
  /** Absent when nothing on the volume is encrypted: then only the structures are looked for. */
  readonly cipher?: SectorCipher | undefined
}

export interface EowSurvey extends StoragePart {
  /** The structures themselves: a reader of the volume sees zeros. */
  readonly zeroed: readonly Extent[]
}

export async function surveyEow(question: EowQuestion, signal?: AbortSignal): Promise<EowSurvey> {
  const { source, sectorSize, offsets, found, headBackup, cipher } = question
  const structures = await readEowStructures(source, offsets, found, sectorSize, signal)
  const { chunkSize, regions } = structures
  const parts: StoragePart[] = []
  for (const region of chunkSize ? regions : []) {
    const part = await surveyRegion(source, region, chunkSize!, sectorSize, cipher, signal)
    // What is listed may be left from an earlier conversion as well: the boot sector that names it is no proof.
    const isDisproven = cipher && (await holdsCiphertext(source, part.plain, cipher, signal))
    parts.push(isDisproven ? contradicted(region.extent, chunkSize!) : part)
  }
  const covered = chunkSize ? regions.map((region) => region.extent) : []
  const flown: Extent[] = []
  for (const log of cipher ? structures.orphanLogs : []) {
    const part = await surveyOrphanLog(source, log, cipher!, signal)
    if (!part || [...covered, ...flown].some((e) => overlaps(e, part.chunk))) continue
    flown.push(part.chunk)
    parts.push(part)
  }
  return {
    plain: parts.flatMap(({ plain }) => plain),
    undecided: [
      ...parts.flatMap(({ undecided }) => undecided),
      ...uncovered(source.size, [...covered, ...flown], headBackup, structures, sectorSize),
    ],
    zeroed: structures.zeroed,
    findings: [...structures.findings, ...parts.flatMap(({ findings }) => findings)],
  }
}

function uncovered(
  size: number,
  covered: readonly Extent[],
  headBackup: Extent | undefined,
  { chunkSize }: EowStructures,
  sectorSize: number,
): DoubtfulPlace[] {
  const holes = subtractExtents(extent(0, size), covered)
  const backup = headBackup ?? extent(0, 0)
  const around = holes.flatMap((e) => subtractExtents(e, [backup]))
  const inBackup = mergeExtents(holes.map((e) => intersect(e, backup)))
  return [
    ...around.map((e) => ({ ...e, rules: rulesForUnknown(sectorSize, chunkSize) })),
    ...inBackup.map((e) => ({ ...e, rules: rulesForUniform(sectorSize) })),
  ]
}

const SAMPLES = 32
const SAMPLE_SECTORS = 16

/** Whether chunks that are plain by a bitmap are not: the bitmap is left from an earlier conversion. */
async function holdsCiphertext(
  source: ByteSource,
  plain: readonly Extent[],
  cipher: SectorCipher,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  const samples = spreadSamples(plain, SAMPLES, SAMPLE_SECTORS * cipher.sectorSize, cipher.sectorSize)
  let encrypted = 0
  await markSectors(
    source,
    samples,
    cipher,
    (_at, _length, mark) => (encrypted += mark === "encrypted" ? 1 : 0),
    { signal },
  )
  return encrypted > 0
}

function contradicted(region: Extent, step: number): StoragePart {
  const finding: Finding = {
    code: "eow-bitmap-stale",
    severity: "damage",
    text: `the bitmap for ${hexRange(region)} contradicts the sectors, which are believed: it is left from an earlier conversion`,
    extent: region,
  }
  const rules = rulesForBorder({ origin: region.start, step })
  return { plain: [], undecided: [{ ...region, rules }], findings: [finding] }
}
