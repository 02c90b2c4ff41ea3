/**
 * Surveys an encrypt-on-write conversion: the information block names the bitmaps, a bitmap says of each chunk of its
 * region how it is stored, and the region's conversion log covers the chunk in flight. Only structures whose checksum is
 * right are believed; what they do not cover is undecided, and left to a trial.
 */
import { isAllZero } from "../bytes/compare.ts"
import { byteOffset } from "../bytes/byte-offset.ts"
import {
  type Extent,
  alignUp,
  extent,
  extentBetween,
  hex,
  intersect,
  subtractExtents,
} from "../extents/extent.ts"
import type { SectorCipher } from "../crypto/sector-cipher.ts"
import type { Finding } from "../findings.ts"
import {
  type EowBitmap,
  type EowInfo,
  type EowRecord,
  chunkBit,
  conversionLogGeometry,
  currentLogRecord,
  currentRecord,
  parseConversionLog,
  parseConversionLogControl,
  parseEowBitmap,
  parseEowInfo,
} from "../fve/index.ts"
import type { ByteSource } from "../source/byte-source.ts"
import { readBytes } from "../source/read-bytes.ts"
import { decideInFlight } from "./in-flight.ts"

/** The size field of the block has 16 bits. */
const MOST_INFO_BYTES = 0x10000
/** Real bitmaps have 0x600 bytes. */
const MOST_BITMAP_BYTES = 0x1000

export interface EowSurvey {
  readonly plain: readonly Extent[]
  readonly undecided: readonly Extent[]
  /** The structures themselves: a reader of the volume sees zeros. */
  readonly zeroed: readonly Extent[]
  readonly findings: readonly Finding[]
}

/** @param cipher absent when nothing on the volume is encrypted: then only the structures are looked for */
export async function surveyEow(
  source: ByteSource,
  offsets: readonly number[],
  cipher: SectorCipher | undefined,
  signal?: AbortSignal,
): Promise<EowSurvey> {
  const whole = extent(0, source.size)
  const info = await readInfo(source, offsets, signal)
  if (!info) {
    const text =
      "no intact encrypt-on-write information block: how sectors are stored is decided from the sectors"
    return {
      plain: [],
      undecided: [whole],
      zeroed: [],
      findings: [{ code: "eow-info-lost", severity: "damage", text }],
    }
  }
  const { sectorSize } = info.header
  const plain: Extent[] = []
  const undecided: Extent[] = []
  const covered: Extent[] = []
  const findings: Finding[] = []
  const zeroed = info.copyOffsets.map((at) => extent(at, alignUp(info.header.size, sectorSize)))
  for (const at of info.bitmapOffsets) {
    const bitmap = parseEowBitmap((await readBytes(source, at, MOST_BITMAP_BYTES, signal)).bytes)
    if (bitmap?.crc !== "right" || !bitmap.region) {
      findings.push({
        code: "eow-bitmap-lost",
        severity: "damage",
        text: `the encrypt-on-write bitmap at ${hex(at)} is damaged: its region is decided from the sectors`,
        extent: extent(at, MOST_BITMAP_BYTES),
      })
      continue
    }
    zeroed.push(extent(at, alignUp(bitmap.header.size, sectorSize)))
    if (bitmap.logOffset !== undefined) zeroed.push(extent(bitmap.logOffset, info.header.logSize))
    covered.push(bitmap.region)
    const region = await surveyRegion(source, info, bitmap, bitmap.region, cipher, signal)
    plain.push(...region.plain)
    undecided.push(...region.undecided)
    findings.push(...region.findings)
  }
  undecided.push(...subtractExtents(whole, covered))
  return { plain, undecided, zeroed, findings }
}

async function readInfo(
  source: ByteSource,
  offsets: readonly number[],
  signal: AbortSignal | undefined,
): Promise<EowInfo | undefined> {
  for (const at of offsets) {
    const info = parseEowInfo((await readBytes(source, at, MOST_INFO_BYTES, signal)).bytes)
    const { sectorSize = 0, chunkSize = 0 } = info?.header ?? {}
    const usable = sectorSize >= 512 && chunkSize >= sectorSize && chunkSize % sectorSize === 0
    if (info?.crc === "right" && usable) return info
  }
  return undefined
}

async function surveyRegion(
  source: ByteSource,
  info: EowInfo,
  bitmap: EowBitmap,
  claimed: Extent,
  cipher: SectorCipher | undefined,
  signal: AbortSignal | undefined,
): Promise<Omit<EowSurvey, "zeroed">> {
  const region = intersect(claimed, extent(0, source.size))
  const record = currentRecord(bitmap)
  if (!record) {
    const text = `both bitmap records of the region at ${hex(claimed.start)} are damaged: it is decided from the sectors`
    const finding: Finding = { code: "eow-records-lost", severity: "damage", text, extent: claimed }
    return { plain: [], undecided: [region], findings: [finding] }
  }
  const chunks = readChunks(record, claimed.start, region, info.header.chunkSize)
  const findings: Finding[] = []
  const undecided = [...chunks.undecided]
  let plain = chunks.plain
  const flying = cipher && (await readChunkInFlight(source, info, bitmap, region, signal))
  if (flying) {
    const raw = new Uint8Array(flying.chunk.length)
    await source.read(flying.chunk.start, raw, signal)
    const byBitmap = !chunks.plain.some((e) => intersect(e, flying.chunk).length > 0)
    const plainInChunk = decideInFlight(raw, flying.logged, flying.chunk.start, cipher, byBitmap)
    plain = [...plain.flatMap((e) => subtractExtents(e, [flying.chunk])), ...plainInChunk]
    findings.push({
      code: "eow-chunk-in-flight",
      severity: "notice",
      text: `the chunk at ${hex(flying.chunk.start)} was being converted: decided sector by sector from the conversion log`,
      extent: flying.chunk,
    })
  } else if (bitmap.records.some(({ crc }) => crc !== "right") || bitmap.records.length < 2) {
    // The lost record may have been the newer one, by one chunk: the next one in line.
    const next = nextInLine(record, claimed.start, region, info.header.chunkSize)
    if (next.length > 0) {
      plain = plain.flatMap((e) => subtractExtents(e, [next]))
      undecided.push(next)
    }
    findings.push({
      code: "eow-record-lost",
      severity: "damage",
      text: `one bitmap record of the region at ${hex(claimed.start)} is damaged: the chunk next in line is decided from its sectors`,
      extent: next,
    })
  }
  return { plain, undecided, findings }
}

/** Chunks are counted from the region's own start; the last one is short. */
function readChunks(
  record: EowRecord,
  start: number,
  region: Extent,
  chunkSize: number,
): { plain: Extent[]; undecided: Extent[] } {
  const plain: Extent[] = []
  const known = Math.min(record.header.bitCount, record.bits.length * 8, Math.ceil(region.length / chunkSize))
  for (let chunk = 0; chunk < known; chunk++) {
    if (chunkBit(record, chunk) === false)
      plain.push(intersect(extent(start + chunk * chunkSize, chunkSize), region))
  }
  const rest = extentBetween(start + known * chunkSize, region.start + region.length)
  return { plain, undecided: rest.length > 0 ? [rest] : [] }
}

/** A conversion goes from the low end upwards, so the next chunk is the first that differs from the one before it. */
function nextInLine(record: EowRecord, start: number, region: Extent, chunkSize: number): Extent {
  const count = Math.min(record.header.bitCount, record.bits.length * 8)
  let next = 0
  for (let chunk = 1; chunk < count && next === 0; chunk++) {
    if (chunkBit(record, chunk) !== chunkBit(record, chunk - 1)) next = chunk
  }
  return intersect(extent(start + next * chunkSize, chunkSize), region)
}

/** The chunk that the newest log record covers; `undefined` when nothing is in flight, or no sector of it was converted. */
async function readChunkInFlight(
  source: ByteSource,
  info: EowInfo,
  bitmap: EowBitmap,
  region: Extent,
  signal: AbortSignal | undefined,
): Promise<{ chunk: Extent; logged: Uint8Array } | undefined> {
  const { sectorSize, chunkSize } = info.header
  if (bitmap.logOffset === undefined) return undefined
  const geometry = conversionLogGeometry(sectorSize, chunkSize)
  if (geometry.size > info.header.logSize) return undefined
  if (!(await namesAChunk(source, bitmap.logOffset, geometry, sectorSize, signal))) return undefined
  const { bytes } = await readBytes(source, bitmap.logOffset, geometry.size, signal)
  const current = currentLogRecord(parseConversionLog(bytes, geometry))
  // A torn record was not yet durable, so its chunk was not yet touched: the bitmap is right.
  if (current?.state !== "complete" || current.chunkOffset === undefined) return undefined
  const fromStart = current.chunkOffset - bitmap.region!.start
  const chunk = intersect(extent(current.chunkOffset, chunkSize), region)
  if (fromStart < 0 || fromStart % chunkSize !== 0 || chunk.length === 0) return undefined
  return { chunk, logged: current.data }
}

/** Looks at the four control sectors first: a log has half a megabyte for every region, and is blank nearly always. */
async function namesAChunk(
  source: ByteSource,
  logOffset: number,
  geometry: ReturnType<typeof conversionLogGeometry>,
  sectorSize: number,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  for (const { leading, trailing } of geometry.records) {
    for (const at of [leading, trailing]) {
      const { bytes } = await readBytes(source, logOffset + at, sectorSize, signal)
      const control = isAllZero(bytes) ? undefined : parseConversionLogControl(bytes)
      if (control && byteOffset(control.offset) !== 0) return true
    }
  }
  return false
}
