/**
 * The conversion log of a region: two records used in turns, each with the first 16 bytes of every sector of one chunk as
 * they were before its conversion. It is no journal of data: it tells converted sectors from unconverted ones.
 *
 * A record between its two control sectors is not proof that its chunk is in flight: after a crash it may be stale, the
 * chunk done and the bitmap updated. Only the data can decide the direction (`volume/` does).
 */
import { startsWithLatin1 } from "../bytes/compare.ts"
import { crc32 } from "../bytes/crc32.ts"
import { byteOffset } from "../bytes/byte-offset.ts"
import { CONVERSION_LOG_SIGNATURE, ConversionLogControl, ConversionLogHeader } from "./eow-layout.ts"

/** Bytes logged of each sector. */
export const LOGGED_BYTES = 16

/** Places in a log, from its start. */
export interface ConversionLogGeometry {
  /** Bytes of one data area. */
  readonly dataSize: number
  readonly recordSize: number
  readonly size: number
  readonly headers: readonly [number, number]
  readonly records: readonly [RecordPlaces, RecordPlaces]
}

export interface RecordPlaces {
  readonly leading: number
  readonly data: number
  readonly trailing: number
}

/** Header, record 0, record 1, header again; each part is whole sectors. */
export function conversionLogGeometry(sectorSize: number, chunkSize: number): ConversionLogGeometry {
  const dataSize = (chunkSize / sectorSize) * LOGGED_BYTES
  const recordSize = dataSize + 2 * sectorSize
  const recordAt = (start: number): RecordPlaces => ({
    leading: start,
    data: start + sectorSize,
    trailing: start + sectorSize + dataSize,
  })
  const size = 2 * recordSize + 2 * sectorSize
  return {
    dataSize,
    recordSize,
    size,
    headers: [0, size - sectorSize],
    records: [recordAt(sectorSize), recordAt(sectorSize + recordSize)],
  }
}

/** @returns undefined when there is no signature, or no room */
export function parseConversionLogHeader(sector: Uint8Array): ConversionLogHeader | undefined {
  const hasRoom = sector.length >= ConversionLogHeader.size
  return hasRoom && startsWithLatin1(sector, CONVERSION_LOG_SIGNATURE)
    ? ConversionLogHeader.parse(sector)
    : undefined
}

/** @returns undefined unless its checksum is right: zeros stand where a trailing control was never written */
export function parseConversionLogControl(sector: Uint8Array): ConversionLogControl | undefined {
  if (sector.length < ConversionLogControl.size) return undefined
  const control = ConversionLogControl.parse(sector)
  const covered = sector.subarray(0, ConversionLogControl.offsetOf("crc"))
  return crc32(covered) === control.crc ? control : undefined
}

export interface ConversionLogRecord {
  readonly control: ConversionLogControl
  /** Where the chunk starts in the volume; absent when the record is blank or unused. */
  readonly chunkOffset?: number
  /** `torn`: one of the controls or the data were not written in full, so no sector was converted yet. */
  readonly state: "blank" | "complete" | "torn"
  readonly data: Uint8Array
}

export interface ConversionLog {
  /** Either of the two headers. */
  readonly header?: ConversionLogHeader
  /** Those with a valid control sector. */
  readonly records: readonly ConversionLogRecord[]
}

/** @param source the whole log, or as much as could be read of it */
export function parseConversionLog(source: Uint8Array, geometry: ConversionLogGeometry): ConversionLog {
  const [header] = geometry.headers.flatMap((at) => parseConversionLogHeader(source.subarray(at)) ?? [])
  const records = geometry.records.flatMap((places) => parseRecord(source, places, geometry.dataSize) ?? [])
  return { ...(header && { header }), records }
}

function parseRecord(
  source: Uint8Array,
  places: RecordPlaces,
  room: number,
): ConversionLogRecord | undefined {
  const leading = parseConversionLogControl(source.subarray(places.leading))
  const trailing = parseConversionLogControl(source.subarray(places.trailing))
  const control = leading ?? trailing
  if (!control) return undefined
  const data = source.slice(places.data, places.data + Math.min(control.dataLength, room))
  if (control.offset === 0n) return { control, state: "blank", data }
  const chunkOffset = byteOffset(control.offset)
  const isWhole =
    leading?.crc === trailing?.crc && data.length === control.dataLength && crc32(data) === control.dataCrc
  return { control, ...(chunkOffset && { chunkOffset }), state: isWhole ? "complete" : "torn", data }
}

/** The record written last. */
export function currentLogRecord({ records }: ConversionLog): ConversionLogRecord | undefined {
  return records.reduce<ConversionLogRecord | undefined>(
    (best, record) => (best && best.control.sequence >= record.control.sequence ? best : record),
    undefined,
  )
}
