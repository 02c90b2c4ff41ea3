/**
 * Encrypt-on-write (Windows 8 and later): the volume is divided into extents of the disk, here called regions as the
 * format does, each with a bitmap of its chunks and a conversion log. Field names are ours; facts are from volumes in the
 * middle of a conversion, where every checksum verifies.
 */
import { array, latin1, type Parsed, struct, u16, u32, u64 } from "../bytes/struct.ts"

export const EOW_SIGNATURE = "FVE-EOW\0"
export const EOW_BITMAP_SIGNATURE = "FVE-EOWBM\0"
export const EOW_RECORD_SIGNATURE = "FVE-EOWBR\0"
export const CONVERSION_LOG_SIGNATURE = "OLRDHEVF2\0"

export const EowInfoHeader = struct("encrypt-on-write information", {
  signature: latin1(8, "signature", EOW_SIGNATURE),
  headerSize: u16("bytes before the bitmap offsets", 0x38),
  size: u16("bytes in the block: the header and 8 for each region"),
  sectorSize: u32("bytes in a sector of the volume"),
  sectorSize2: u32("the same"),
  chunkSize: u32("bytes that one bit of a bitmap stands for"),
  logSize: u32("bytes in the conversion log of one region"),
  logRecordSize: u32("bytes in one record of a conversion log, its control sectors included"),
  regionCount: u32("regions, each with a bitmap"),
  crc: u32("CRC-32 of the block with this field 0"),
  copyOffsets: array(2, u64(""), "where the two copies of this block are"),
})
export type EowInfoHeader = Parsed<typeof EowInfoHeader>

export const EowBitmapHeader = struct("encrypt-on-write bitmap", {
  signature: latin1(10, "signature", EOW_BITMAP_SIGNATURE),
  headerSize: u16("bytes in this header", 0x3c),
  size: u32("bytes in the block, both records included"),
  regionIndex: u32("number of the region, from 0"),
  regionOffset: u64("where the region starts in the volume"),
  regionSize: u64("bytes in the region"),
  logOffset: u64("where the conversion log of the region is"),
  recordOffsets: array(2, u32(""), "where the records are, from the start of this block"),
  recordSize: u32("bytes in a record"),
  crc: u32("CRC-32 of everything before the first record with this field 0"),
})
export type EowBitmapHeader = Parsed<typeof EowBitmapHeader>

export const EowRecordHeader = struct("encrypt-on-write bitmap record", {
  signature: latin1(10, "signature", EOW_RECORD_SIGNATURE),
  headerSize: u16("bytes before the bits", 0x24),
  size: u32("bytes in the record"),
  bitCount: u32("chunks of the region, a short last one included"),
  sequence: u64("the higher one of the two valid records is current"),
  flags: u32("0 as initialised, 2 after the first update"),
  crc: u32("CRC-32 of the record with this field 0"),
})
export type EowRecordHeader = Parsed<typeof EowRecordHeader>

/** Twice in a conversion log: in its first and in its last sector. */
export const ConversionLogHeader = struct("conversion log header", {
  signature: latin1(10, "signature", CONVERSION_LOG_SIGNATURE),
  version: u16("version", 1),
  recordCount: u16("records", 2),
  sectorSize: u32("bytes in a sector of the volume"),
  volumeSize: u64("bytes in the volume"),
  chunkSize: u32("bytes in a chunk"),
  recordSize: u32("bytes in a record, its two control sectors included"),
  ratio: u32("bytes of a sector for each byte logged"),
  reserved26: u32("2 on all volumes seen"),
  regionOffset: u64("where the region starts in the volume"),
})
export type ConversionLogHeader = Parsed<typeof ConversionLogHeader>

/** Before and, once the data are on the disk, again after the data of a record. */
export const ConversionLogControl = struct("conversion log control sector", {
  size: u16("bytes in this structure", 0x20),
  version: u16("version", 1),
  sequence: u64("0 in a record never used; odd in record 0, even in record 1"),
  offset: u64("where the chunk starts in the volume; 0 when nothing is in flight"),
  dataLength: u32("bytes of the data"),
  dataCrc: u32("CRC-32 of the data"),
  crc: u32("CRC-32 of the fields before"),
})
export type ConversionLogControl = Parsed<typeof ConversionLogControl>
