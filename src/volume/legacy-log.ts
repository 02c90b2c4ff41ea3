/**
 * The conversion log of a conversion by watermark (state 2). Its geometry is that of an encrypt-on-write region's log with
 * chunks of its own size. Unconfirmed: no volume in this state was seen; the checksums of its parts decide whether the
 * reading is right. Without an intact log, a chunk on either side of the watermark may be half converted.
 */
import { type Extent, extent, extentBetween, hex, intersect, subtractExtents } from "../extents/extent.ts"
import type { SectorCipher } from "../crypto/sector-cipher.ts"
import type { Finding } from "../findings.ts"
import { LOGGED_BYTES, conversionLogGeometry, parseConversionLogHeader } from "../fve/index.ts"
import type { ByteSource } from "../source/byte-source.ts"
import { readBytes } from "../source/read-bytes.ts"
import { type LogVerdict, readConversionLog } from "./conversion-log.ts"
import type { DoubtfulPlace, StoragePart } from "./eow-region.ts"
import { decideInFlight } from "./in-flight.ts"
import { rulesForBorder } from "./trial.ts"

/** Sectors of a log that are no data: two headers, and two control sectors for each of two records. */
const CONTROL_SECTORS = 6
/** What a log of the usual size makes of 512-byte sectors. */
export const WATERMARK_CHUNK = 1 << 20

/** Bytes of a chunk by the size of its log; `undefined` when no log has that size. */
export function chunkSizeOfLog(log: Extent, sectorSize: number): number | undefined {
  const dataSize = (log.length - CONTROL_SECTORS * sectorSize) / 2
  const fits = dataSize >= LOGGED_BYTES && dataSize % LOGGED_BYTES === 0
  return fits ? (dataSize / LOGGED_BYTES) * sectorSize : undefined
}

/** A log by its own header, among the places where a scan saw the signature. */
export async function findLegacyLog(
  source: ByteSource,
  places: readonly number[],
  sectorSize: number,
  signal?: AbortSignal,
): Promise<Extent | undefined> {
  for (const at of places) {
    const header = parseConversionLogHeader((await readBytes(source, at, sectorSize, signal)).bytes)
    const isUsable = header?.sectorSize === sectorSize && header.chunkSize % sectorSize === 0
    if (!isUsable || header.regionOffset !== 0n) continue
    return extent(at, conversionLogGeometry(sectorSize, header.chunkSize).size)
  }
  return undefined
}

export interface LegacyLogQuestion {
  readonly source: ByteSource
  readonly cipher: SectorCipher
  /** Absent when it is lost. */
  readonly log?: Extent | undefined
  /** By the watermark. */
  readonly plain: readonly Extent[]
  readonly isFull: boolean
}

/** Corrects what the watermark says by the chunk in flight. */
export async function surveyLegacyLog(
  question: LegacyLogQuestion,
  signal?: AbortSignal,
): Promise<StoragePart> {
  const { source, cipher, log, plain } = question
  const chunkSize = log && chunkSizeOfLog(log, cipher.sectorSize)
  if (!log || !chunkSize) return withDoubts(question, around(question, WATERMARK_CHUNK))
  const geometry = conversionLogGeometry(cipher.sectorSize, chunkSize)
  const within = extent(0, source.size)
  const place = { at: log.start, geometry, sectorSize: cipher.sectorSize, within }
  const { flying, isDamaged, damagedChunk } = await readConversionLog(source, place, signal)
  const decided = flying && (await decideFlying(question, flying, signal))
  if (!decided)
    return isDamaged ? withDoubts(question, damagedChunk ?? around(question, chunkSize)) : told(plain)
  const doubts = isDamaged ? withDoubts(question, around(question, chunkSize), decided.chunk) : told(plain)
  return {
    ...doubts,
    plain: [...doubts.plain.flatMap((e) => subtractExtents(e, [decided.chunk])), ...decided.plain],
    findings: [...doubts.findings, inFlight(decided.chunk)],
  }
}

const told = (plain: readonly Extent[]): StoragePart => ({ plain, undecided: [], findings: [] })

/** A chunk on either side of the watermark. */
function around({ plain, source }: LegacyLogQuestion, chunkSize: number): Extent {
  const border = plain[0]?.start ?? source.size
  return extentBetween(Math.max(0, border - chunkSize), Math.min(source.size, border + chunkSize))
}

function withDoubts(question: LegacyLogQuestion, place: Extent, ...decided: readonly Extent[]): StoragePart {
  const { plain, cipher, log, isFull } = question
  const border = plain[0]?.start ?? Infinity
  const undecided = subtractExtents(place, [...decided, ...(log ? [log] : [])]).map((e): DoubtfulPlace => ({
    ...e,
    rules: rulesForBorder({
      step: cipher.sectorSize,
      isFull,
      before: e.start === place.start && e.start < border ? "encrypted" : undefined,
      after:
        e.start + e.length === place.start + place.length && e.start + e.length > border
          ? "plain"
          : undefined,
    }),
  }))
  const finding: Finding = {
    code: "conversion-log-damaged",
    severity: "damage",
    text: `the conversion log is damaged: a chunk near ${hex(place.start)} may be half converted, and is decided from its sectors`,
    extent: place,
  }
  return { plain: plain.flatMap((e) => subtractExtents(e, undecided)), undecided, findings: [finding] }
}

async function decideFlying(
  { source, cipher, plain }: LegacyLogQuestion,
  { chunk, logged }: NonNullable<LogVerdict["flying"]>,
  signal: AbortSignal | undefined,
): Promise<{ chunk: Extent; plain: readonly Extent[] } | undefined> {
  const raw = new Uint8Array(chunk.length)
  await source.read(chunk.start, raw, signal)
  const plainBytes = plain.reduce((sum, e) => sum + intersect(e, chunk).length, 0)
  const isCut = plainBytes > 0 && plainBytes < chunk.length
  const byWatermark = isCut ? undefined : plainBytes > 0 ? "plain" : "encrypted"
  const decided = decideInFlight(raw, logged, chunk.start, cipher, byWatermark)
  return decided && { chunk, plain: decided }
}

function inFlight(chunk: Extent): Finding {
  return {
    code: "chunk-in-flight",
    severity: "notice",
    text: `the chunk at ${hex(chunk.start)} was being converted: decided sector by sector from the conversion log`,
    extent: chunk,
  }
}
