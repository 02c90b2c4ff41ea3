/**
 * One region of an encrypt-on-write volume: its bitmap says of each chunk how it is stored, its log covers the chunk in
 * flight. Of two bitmap records the newer may be lost, and it is ahead by one chunk; a damaged log may hide that a chunk was
 * half converted. Such chunks are doubtful, and so is a whole region without any record: trials settle them.
 */
import {
  type Extent,
  endOf,
  extent,
  extentBetween,
  hex,
  intersect,
  subtractExtents,
} from "../extents/extent.ts"
import type { SectorCipher } from "../crypto/sector-cipher.ts"
import type { Finding } from "../findings.ts"
import { type EowRecord, chunkBit, currentRecord } from "../fve/index.ts"
import type { ByteSource } from "../source/byte-source.ts"
import { type LogPlace, type LogVerdict, readConversionLog } from "./conversion-log.ts"
import type { EowRegion } from "./eow-structures.ts"
import { decideInFlight } from "./in-flight.ts"
import type { Storage, TrialRules } from "./settle.ts"
import { rulesForBorder } from "./trial.ts"

/** Only a trial can tell how its sectors are stored. */
export interface DoubtfulPlace extends Extent {
  readonly rules: TrialRules
}

export interface StoragePart {
  readonly plain: readonly Extent[]
  readonly undecided: readonly DoubtfulPlace[]
  readonly findings: readonly Finding[]
}

/** The chunks of a region, from its own start on; the last one is short. */
interface Chunks {
  readonly region: Extent
  readonly size: number
  readonly record: EowRecord | undefined
}

/** @param cipher absent when nothing is encrypted: then the log is not asked */
export async function surveyRegion(
  source: ByteSource,
  { extent: region, bitmap, log }: EowRegion,
  chunkSize: number,
  sectorSize: number,
  cipher: SectorCipher | undefined,
  signal?: AbortSignal,
): Promise<StoragePart> {
  const chunks: Chunks = { region, size: chunkSize, record: currentRecord(bitmap) }
  const verdict = log && cipher ? await readConversionLog(source, log, signal) : { isDamaged: false }
  const isRecordLost = bitmap.records.filter(({ crc }) => crc === "right").length < 2
  const doubtful = doubtfulChunks(chunks, verdict, isRecordLost)
  const findings = findingsOf(chunks, verdict, isRecordLost, doubtful)
  const flown =
    cipher && verdict.flying
      ? await decideFlying(source, verdict.flying, byBitmap(chunks, verdict.flying, doubtful), cipher, signal)
      : undefined
  const touched = flown ? [flown.chunk] : []
  if (flown) findings.push(inFlight(flown.chunk))
  // A damaged log may hide a chunk in flight, in which storage changes from sector to sector.
  const step = verdict.isDamaged ? sectorSize : chunkSize
  const origin = region.start
  if (!chunks.record) {
    const rules = rulesForBorder({ origin, step })
    const undecided = subtractExtents(region, touched).map((e) => ({ ...e, rules }))
    return { plain: flown?.plain ?? [], undecided, findings }
  }
  const open = [...doubtful]
    .map((index) => chunkAt(chunks, index))
    .flatMap((e) => subtractExtents(e, touched))
  const isOpen = (position: number): boolean =>
    [...open, ...touched].some((e) => e.start <= position && position < endOf(e))
  const told = (position: number): Storage | undefined =>
    isOpen(position) ? undefined : storageAt(chunks, position)
  return {
    plain: [
      ...plainChunks(chunks).flatMap((e) => subtractExtents(e, [...open, ...touched])),
      ...(flown?.plain ?? []),
    ],
    undecided: [
      ...open.map((e) => ({
        ...e,
        rules: rulesForBorder({ origin, step, before: told(e.start - 1), after: told(endOf(e)) }),
      })),
      ...beyondRecord(chunks).map((e) => ({ ...e, rules: rulesForBorder({ origin, step }) })),
    ],
    findings,
  }
}

const chunkAt = ({ region, size }: Chunks, index: number): Extent =>
  intersect(extent(region.start + index * size, size), region)

const indexOf = ({ region, size }: Chunks, position: number): number =>
  Math.floor((position - region.start) / size)

function countOf({ region, size, record }: Chunks): number {
  const bits = record ? Math.min(record.header.bitCount, record.bits.length * 8) : 0
  return Math.min(bits, Math.ceil(region.length / size))
}

function storageAt(chunks: Chunks, position: number): Storage | undefined {
  const { region, record } = chunks
  if (!record || position < region.start || position >= endOf(region)) return undefined
  const bit = chunkBit(record, indexOf(chunks, position))
  return bit === undefined ? undefined : bit ? "encrypted" : "plain"
}

function plainChunks(chunks: Chunks): Extent[] {
  const count = countOf(chunks)
  const plain: Extent[] = []
  for (let index = 0; index < count; index++) {
    if (chunkBit(chunks.record!, index) === false) plain.push(chunkAt(chunks, index))
  }
  return plain
}

/** A record that is too short says nothing of the rest. */
function beyondRecord(chunks: Chunks): Extent[] {
  const rest = extentBetween(chunks.region.start + countOf(chunks) * chunks.size, endOf(chunks.region))
  return rest.length > 0 ? [rest] : []
}

/** Chunks that may be stored otherwise than the record says, or half and half. */
function doubtfulChunks(
  chunks: Chunks,
  { flying, isDamaged, damagedChunk }: LogVerdict,
  isRecordLost: boolean,
): ReadonlySet<number> {
  const doubtful = new Set<number>()
  if (!chunks.record || countOf(chunks) === 0) return doubtful
  if (isRecordLost || (isDamaged && !damagedChunk)) doubtful.add(nextInLine(chunks))
  if (damagedChunk) doubtful.add(indexOf(chunks, damagedChunk.start))
  if (isDamaged && flying) doubtful.add(indexOf(chunks, endOf(flying.chunk)))
  return new Set([...doubtful].filter((index) => index < countOf(chunks)))
}

/** A conversion goes from the low end upwards: the first chunk that differs from the one before it. */
function nextInLine(chunks: Chunks): number {
  const count = countOf(chunks)
  for (let index = 1; index < count; index++) {
    if (chunkBit(chunks.record!, index) !== chunkBit(chunks.record!, index - 1)) return index
  }
  return 0
}

function byBitmap(
  chunks: Chunks,
  { chunk }: NonNullable<LogVerdict["flying"]>,
  doubtful: ReadonlySet<number>,
): Storage | undefined {
  return doubtful.has(indexOf(chunks, chunk.start)) ? undefined : storageAt(chunks, chunk.start)
}

/** The chunk in flight by a log whose bitmap is gone. */
export async function surveyOrphanLog(
  source: ByteSource,
  log: LogPlace,
  cipher: SectorCipher,
  signal?: AbortSignal,
): Promise<(StoragePart & { readonly chunk: Extent }) | undefined> {
  const { flying } = await readConversionLog(source, log, signal)
  const flown = flying && (await decideFlying(source, flying, undefined, cipher, signal))
  return flown && { ...flown, undecided: [], findings: [inFlight(flown.chunk)] }
}

/** `undefined` when the log does not fit the data: then the chunk is as the bitmap says, or as doubtful as before. */
async function decideFlying(
  source: ByteSource,
  { chunk, logged }: NonNullable<LogVerdict["flying"]>,
  told: Storage | undefined,
  cipher: SectorCipher,
  signal: AbortSignal | undefined,
): Promise<{ chunk: Extent; plain: readonly Extent[] } | undefined> {
  const raw = new Uint8Array(chunk.length)
  await source.read(chunk.start, raw, signal)
  const plain = decideInFlight(raw, logged, chunk.start, cipher, told)
  return plain && { chunk, plain }
}

function findingsOf(
  chunks: Chunks,
  { isDamaged }: LogVerdict,
  isRecordLost: boolean,
  doubtful: ReadonlySet<number>,
): Finding[] {
  const at = hex(chunks.region.start)
  const [first] = [...doubtful].map((index) => chunkAt(chunks, index))
  const where = first ?? chunks.region
  const damage = (code: string, text: string, extent: Extent): Finding => ({
    code,
    severity: "damage",
    text,
    extent,
  })
  if (!chunks.record) {
    const text = `both bitmap records of the region at ${at} are damaged: it is decided from the sectors`
    return [damage("eow-records-lost", text, chunks.region)]
  }
  const lost = `one bitmap record of the region at ${at} is damaged: the chunk next in line is decided from its sectors`
  const log = `the conversion log of the region at ${at} is damaged: a chunk in flight is decided from its sectors`
  return [
    ...(isRecordLost ? [damage("eow-record-lost", lost, where)] : []),
    ...(isDamaged ? [damage("eow-log-damaged", log, where)] : []),
  ]
}

function inFlight(chunk: Extent): Finding {
  return {
    code: "eow-chunk-in-flight",
    severity: "notice",
    text: `the chunk at ${hex(chunk.start)} was being converted: decided sector by sector from the conversion log`,
    extent: chunk,
  }
}
