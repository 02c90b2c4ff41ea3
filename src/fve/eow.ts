/**
 * Encrypt-on-write information and bitmaps. While they exist, the watermark means nothing: a chunk whose bit is 1 is stored
 * encrypted, one whose bit is 0 in plaintext. Bits run from the lowest of each byte; those past the count are often 1.
 *
 * Each bitmap has two records, written in turns; the valid one with the higher sequence counts, and is behind by one chunk
 * at most when it is the only readable one.
 */
import { startsWithLatin1 } from "../bytes/compare.ts"
import { crc32 } from "../bytes/crc32.ts"
import { viewOf, u64 } from "../bytes/struct.ts"
import type { Extent } from "../extents/extent.ts"
import {
  EOW_BITMAP_SIGNATURE,
  EOW_RECORD_SIGNATURE,
  EOW_SIGNATURE,
  EowBitmapHeader,
  EowInfoHeader,
  EowRecordHeader,
} from "./eow-layout.ts"
import { extentAt, places } from "./places.ts"

/** One for each region, after the header of the information block. */
export const BITMAP_OFFSET = u64("where the bitmap of the region is")

/** `missing`: not all bytes that the checksum covers are there. */
export type CrcVerdict = "right" | "wrong" | "missing"

export interface EowInfo {
  readonly header: EowInfoHeader
  readonly crc: CrcVerdict
  readonly copyOffsets: readonly number[]
  /** One for each region. */
  readonly bitmapOffsets: readonly number[]
}

/** @returns undefined when there is no signature, or no room for the header */
export function parseEowInfo(source: Uint8Array): EowInfo | undefined {
  if (source.length < EowInfoHeader.size || !startsWithLatin1(source, EOW_SIGNATURE)) return undefined
  const header = EowInfoHeader.parse(source)
  const end = Math.min(
    header.size,
    source.length,
    EowInfoHeader.size + header.regionCount * BITMAP_OFFSET.size,
  )
  const bitmapOffsets: bigint[] = []
  for (let at = EowInfoHeader.size; at + BITMAP_OFFSET.size <= end; at += BITMAP_OFFSET.size) {
    bitmapOffsets.push(BITMAP_OFFSET.get(viewOf(source), at))
  }
  return {
    header,
    crc: verifyCrc(source, header.size, EowInfoHeader.offsetOf("crc"), header.crc),
    copyOffsets: places(header.copyOffsets),
    bitmapOffsets: places(bitmapOffsets),
  }
}

export interface EowBitmap {
  readonly header: EowBitmapHeader
  readonly crc: CrcVerdict
  /** Absent when the fields are no place. */
  readonly region?: Extent
  readonly logOffset?: number
  /** As many as are readable at all, valid or not. */
  readonly records: readonly EowRecord[]
}

export interface EowRecord {
  readonly header: EowRecordHeader
  readonly crc: CrcVerdict
  /** Eight chunks a byte. */
  readonly bits: Uint8Array
}

/** @param source from the start of the block on @returns undefined when there is no signature, or no room */
export function parseEowBitmap(source: Uint8Array): EowBitmap | undefined {
  if (source.length < EowBitmapHeader.size || !startsWithLatin1(source, EOW_BITMAP_SIGNATURE))
    return undefined
  const header = EowBitmapHeader.parse(source)
  const region = extentAt(header.regionOffset, header.regionSize)
  const [logOffset] = places([header.logOffset])
  const records = header.recordOffsets.map((at) =>
    parseEowRecord(source.subarray(at, at + header.recordSize)),
  )
  return {
    header,
    crc: verifyCrc(source, header.recordOffsets[0]!, EowBitmapHeader.offsetOf("crc"), header.crc),
    ...(region && { region }),
    ...(logOffset !== undefined && { logOffset }),
    records: records.filter((record) => record !== undefined),
  }
}

/** @param source exactly the record @returns undefined when there is no signature, or no room for the header */
export function parseEowRecord(source: Uint8Array): EowRecord | undefined {
  if (source.length < EowRecordHeader.size || !startsWithLatin1(source, EOW_RECORD_SIGNATURE))
    return undefined
  const header = EowRecordHeader.parse(source)
  return {
    header,
    crc: verifyCrc(source, header.size, EowRecordHeader.offsetOf("crc"), header.crc),
    bits: source.slice(EowRecordHeader.size, header.size),
  }
}

/** The valid record with the highest sequence. */
export function currentRecord({ records }: EowBitmap): EowRecord | undefined {
  return records
    .filter((record) => record.crc === "right")
    .reduce<EowRecord | undefined>(
      (best, record) => (best && best.header.sequence >= record.header.sequence ? best : record),
      undefined,
    )
}

/** Whether the chunk is stored encrypted; `undefined` when the record has no bit for it. */
export function chunkBit({ header, bits }: EowRecord, chunk: number): boolean | undefined {
  const byte = bits[chunk >> 3]
  return chunk >= header.bitCount || byte === undefined ? undefined : ((byte >> (chunk & 7)) & 1) === 1
}

/** CRC-32 of `[0, size)` with the field itself taken as 0. */
export function crcWithoutField(source: Uint8Array, size: number, field: number): number {
  const copy = source.slice(0, size)
  copy.fill(0, field, field + Uint32Array.BYTES_PER_ELEMENT)
  return crc32(copy)
}

function verifyCrc(source: Uint8Array, size: number, field: number, expected: number): CrcVerdict {
  if (size < field + Uint32Array.BYTES_PER_ELEMENT || size > source.length) return "missing"
  return crcWithoutField(source, size, field) === expected ? "right" : "wrong"
}
