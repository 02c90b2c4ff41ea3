/** Writes encrypt-on-write information, bitmaps and conversion logs: signatures, sizes and checksums follow from the rest. */
import { concatBytes } from "../bytes/concat.ts"
import { crc32 } from "../bytes/crc32.ts"
import { u32, viewOf } from "../bytes/struct.ts"
import {
  type ConversionLogGeometry,
  conversionLogGeometry,
  LOGGED_BYTES,
  type RecordPlaces,
} from "./conversion-log.ts"
import { BITMAP_OFFSET, crcWithoutField } from "./eow.ts"
import {
  CONVERSION_LOG_SIGNATURE,
  ConversionLogControl,
  ConversionLogHeader,
  EOW_BITMAP_SIGNATURE,
  EOW_RECORD_SIGNATURE,
  EOW_SIGNATURE,
  EowBitmapHeader,
  EowInfoHeader,
  EowRecordHeader,
} from "./eow-layout.ts"

export interface EowInfoFields {
  readonly sectorSize: number
  readonly chunkSize: number
  /** Of both copies. */
  readonly copyOffsets: readonly number[]
  /** One for each region. */
  readonly bitmapOffsets: readonly number[]
}

export function serializeEowInfo({
  sectorSize,
  chunkSize,
  copyOffsets,
  bitmapOffsets,
}: EowInfoFields): Uint8Array {
  const { size: logSize, recordSize: logRecordSize } = conversionLogGeometry(sectorSize, chunkSize)
  const header = EowInfoHeader.serialize({
    signature: EOW_SIGNATURE,
    headerSize: EowInfoHeader.size,
    size: EowInfoHeader.size + bitmapOffsets.length * BITMAP_OFFSET.size,
    sectorSize,
    sectorSize2: sectorSize,
    chunkSize,
    logSize,
    logRecordSize,
    regionCount: bitmapOffsets.length,
    crc: 0,
    copyOffsets: copyOffsets.map(BigInt),
  })
  const offsets = new Uint8Array(bitmapOffsets.length * BITMAP_OFFSET.size)
  bitmapOffsets.forEach((offset, i) =>
    BITMAP_OFFSET.set(viewOf(offsets), i * BITMAP_OFFSET.size, BigInt(offset)),
  )
  return withCrc(concatBytes([header, offsets]), EowInfoHeader.offsetOf("crc"))
}

export interface EowBitmapFields {
  readonly regionIndex: number
  readonly regionOffset: number
  readonly regionSize: number
  readonly logOffset: number
  /** Bytes of a record, and of the header's room: a sector. */
  readonly recordSize: number
  readonly records: readonly EowRecordFields[]
}

export interface EowRecordFields {
  readonly sequence: bigint
  readonly flags: number
  readonly bitCount: number
  readonly bits: Uint8Array
}

export function serializeEowBitmap(fields: EowBitmapFields): Uint8Array {
  const { recordSize, records } = fields
  const room = new Uint8Array(recordSize)
  room.set(
    EowBitmapHeader.serialize({
      signature: EOW_BITMAP_SIGNATURE,
      headerSize: EowBitmapHeader.size,
      size: recordSize * (1 + records.length),
      regionIndex: fields.regionIndex,
      regionOffset: BigInt(fields.regionOffset),
      regionSize: BigInt(fields.regionSize),
      logOffset: BigInt(fields.logOffset),
      recordOffsets: records.map((_, i) => recordSize * (1 + i)),
      recordSize,
      crc: 0,
    }),
  )
  const header = withCrc(room, EowBitmapHeader.offsetOf("crc"))
  return concatBytes([header, ...records.map((record) => serializeEowRecord(record, recordSize))])
}

function serializeEowRecord({ sequence, flags, bitCount, bits }: EowRecordFields, size: number): Uint8Array {
  const record = new Uint8Array(size)
  const headerSize = EowRecordHeader.size
  const signature = EOW_RECORD_SIGNATURE
  record.set(EowRecordHeader.serialize({ signature, headerSize, size, bitCount, sequence, flags, crc: 0 }))
  record.set(bits, headerSize)
  return withCrc(record, EowRecordHeader.offsetOf("crc"))
}

function withCrc(block: Uint8Array, field: number): Uint8Array {
  const out = block.slice()
  CRC.set(viewOf(out), field, crcWithoutField(block, block.length, field))
  return out
}

const CRC = u32("checksum with this field 0")

export interface ConversionLogFields {
  readonly sectorSize: number
  readonly chunkSize: number
  readonly volumeSize: number
  readonly regionOffset: number
  /** In the order of their places; the one with the higher sequence counts. */
  readonly records: readonly [LogRecordFields, LogRecordFields]
}

/** `unused`: as initialised. `blank`: written when a conversion stops, nothing is in flight. */
export type LogRecordFields =
  | { readonly kind: "unused" }
  | { readonly kind: "blank"; readonly sequence: bigint }
  | {
      readonly kind: "chunk"
      readonly sequence: bigint
      readonly offset: number
      /** The first 16 bytes of every sector of the chunk, before its conversion. */
      readonly data: Uint8Array
      /** Without the trailing control sector: the write was cut short. */
      readonly isTorn?: boolean
    }

export function serializeConversionLog(fields: ConversionLogFields): Uint8Array {
  const { sectorSize, chunkSize } = fields
  const geometry = conversionLogGeometry(sectorSize, chunkSize)
  const header = ConversionLogHeader.serialize({
    signature: CONVERSION_LOG_SIGNATURE,
    version: 1,
    recordCount: fields.records.length,
    sectorSize,
    volumeSize: BigInt(fields.volumeSize),
    chunkSize,
    recordSize: geometry.recordSize,
    ratio: sectorSize / LOGGED_BYTES,
    reserved26: 2,
    regionOffset: BigInt(fields.regionOffset),
  })
  const log = new Uint8Array(geometry.size)
  for (const at of geometry.headers) log.set(header, at)
  fields.records.forEach((record, i) => writeLogRecord(log, geometry.records[i]!, geometry, record))
  return log
}

function writeLogRecord(
  log: Uint8Array,
  places: RecordPlaces,
  { dataSize }: ConversionLogGeometry,
  record: LogRecordFields,
): void {
  const data = record.kind === "chunk" ? record.data : new Uint8Array(dataSize)
  const offset = record.kind === "chunk" ? record.offset : 0
  const control = serializeControl(record.kind === "unused" ? 0n : record.sequence, offset, data)
  const isTorn = record.kind === "unused" || (record.kind === "chunk" && record.isTorn)
  log.set(control, places.leading)
  log.set(data, places.data)
  if (!isTorn) log.set(control, places.trailing)
}

function serializeControl(sequence: bigint, offset: number, data: Uint8Array): Uint8Array {
  const control = {
    size: ConversionLogControl.size,
    version: 1,
    sequence,
    offset: BigInt(offset),
    dataLength: data.length,
    dataCrc: crc32(data),
    crc: 0,
  }
  const covered = ConversionLogControl.serialize(control).subarray(0, ConversionLogControl.offsetOf("crc"))
  return ConversionLogControl.serialize({ ...control, crc: crc32(covered) })
}
