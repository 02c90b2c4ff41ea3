/**
 * What a conversion log says is in flight, and whether it can be believed. A log that was torn by a crash is as good as a
 * whole one: its chunk was not yet touched. A log that was damaged later is not: behind it a chunk may be half converted.
 * The order of writing tells them apart: leading control, data, and once they are durable the trailing control.
 */
import { isAllZero } from "../bytes/compare.ts"
import { crc32 } from "../bytes/crc32.ts"
import { type Extent, extent, intersect } from "../extents/extent.ts"
import {
  type ConversionLogGeometry,
  type ConversionLogRecord,
  LOGGED_BYTES,
  currentLogRecord,
  parseConversionLog,
  parseConversionLogControl,
} from "../fve/index.ts"
import type { ByteSource } from "../source/byte-source.ts"
import { readBytes } from "../source/read-bytes.ts"

export interface LogVerdict {
  /** The chunk that the newest record names, with the first bytes of its sectors from before its conversion. */
  readonly flying?: { readonly chunk: Extent; readonly logged: Uint8Array }
  /** The log is damaged: the chunk in flight may be another one than `flying`, or there is one though none is named. */
  readonly isDamaged: boolean
  /** The chunk whose record is damaged, where at least its place can be read. */
  readonly damagedChunk?: Extent
}

const IDLE: LogVerdict = { isDamaged: false }

export interface LogPlace {
  readonly at: number
  readonly geometry: ConversionLogGeometry
  readonly sectorSize: number
  /** Where chunks of this log can lie. */
  readonly within: Extent
}

export async function readConversionLog(
  source: ByteSource,
  place: LogPlace,
  signal?: AbortSignal,
): Promise<LogVerdict> {
  if (await isBlank(source, place, signal)) return IDLE
  const { bytes } = await readBytes(source, place.at, place.geometry.size, signal)
  const log = parseConversionLog(bytes, place.geometry)
  // Both records have a leading control from the start on: one that has none may have been the newest.
  const isDamaged = log.records.length < place.geometry.records.length
  const current = currentLogRecord(log)
  const chunk = current && chunkOf(current, place)
  if (!chunk) return { isDamaged }
  const { control, data } = current
  const isWhole = data.length === control.dataLength && crc32(data) === control.dataCrc
  if (isWhole) return { isDamaged, flying: { chunk, logged: data } }
  return isTorn(bytes, current, place) ? { isDamaged } : { isDamaged: true, damagedChunk: chunk }
}

/** The control sectors tell of a log that is whole and blank, as nearly every one is: half a megabyte for each region. */
async function isBlank(
  source: ByteSource,
  { at, geometry, sectorSize }: LogPlace,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  for (const { leading, trailing } of geometry.records) {
    const first = await readBytes(source, at + leading, sectorSize, signal)
    if (parseConversionLogControl(first.bytes)?.offset !== 0n) return false
    const last = await readBytes(source, at + trailing, sectorSize, signal)
    if (!isAllZero(last.bytes) && parseConversionLogControl(last.bytes)?.offset !== 0n) return false
  }
  return true
}

/** `undefined` when the record is blank, or names no place of the region. */
function chunkOf(
  { chunkOffset, control }: ConversionLogRecord,
  { sectorSize, within }: LogPlace,
): Extent | undefined {
  if (chunkOffset === undefined || chunkOffset % sectorSize !== 0) return undefined
  const length = Math.floor(control.dataLength / LOGGED_BYTES) * sectorSize
  const chunk = intersect(extent(chunkOffset, length), within)
  return chunk.start === chunkOffset && chunk.length > 0 ? chunk : undefined
}

/** Data that do not fit their checksum were never durable, if the control behind them is still that of an earlier record. */
function isTorn(
  bytes: Uint8Array,
  { control }: ConversionLogRecord,
  { geometry, sectorSize }: LogPlace,
): boolean {
  const slot = geometry.records.find(
    ({ leading }) => parseConversionLogControl(bytes.subarray(leading))?.sequence === control.sequence,
  )
  if (!slot) return false
  const behind = bytes.subarray(slot.trailing, slot.trailing + sectorSize)
  const earlier = parseConversionLogControl(behind)
  if (earlier) return earlier.sequence < control.sequence
  // Zeros: a record that is used for the first time. There are two of them.
  return isAllZero(behind) && control.sequence <= BigInt(geometry.records.length)
}
