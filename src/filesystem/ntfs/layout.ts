/**
 * Structures of NTFS, as far as they are needed to know a volume by its first records. NTFS has no public specification;
 * names follow the Linux-NTFS documentation. All records that may be torn while being written begin with `RecordHead`.
 */
import { type Parsed, bytes, latin1, struct, u16, u32, u64, u8 } from "../../bytes/struct.ts"

export const NtfsBootSector = struct("NTFS boot sector", {
  jump: bytes(3, "x86 jump over the fields"),
  oemId: latin1(8, "signature", "NTFS    "),
  bytesPerSector: u16("bytes in a sector"),
  sectorsPerCluster: u8("sectors in a cluster; above 0x80: 2 to the power of 256 minus the value"),
  reserved0E: bytes(7, "fields of FAT, zero"),
  media: u8("media descriptor", 0xf8),
  reserved16: u16("field of FAT, zero"),
  sectorsPerTrack: u16("for the BIOS"),
  heads: u16("for the BIOS"),
  hiddenSectors: u32("sectors of the disk before the volume"),
  reserved20: u32("field of FAT, zero"),
  reserved24: u32("drive number and flags, 0x00800080"),
  totalSectors: u64("sectors of the volume, without the last one of its partition"),
  mftCluster: u64("first cluster of $MFT"),
  mirrorCluster: u64("first cluster of $MFTMirr"),
  recordSize: u8(
    "of a FILE record: in clusters, above 0x80: 2 to the power of 256 minus the value, in bytes",
  ),
  reserved41: bytes(3, "unused"),
  indexSize: u8("of an index block, coded as the record size"),
  reserved45: bytes(3, "unused"),
  serial: u64("volume serial number"),
  checksum: u32("unused"),
  code: bytes(426, "boot code"),
  signature: u16("end mark", 0xaa55),
})
export type NtfsBootSector = Parsed<typeof NtfsBootSector>

export const RecordHead = struct("NTFS record head", {
  signature: latin1(4, "FILE, INDX, RSTR or RCRD; BAAD after a failed check"),
  fixupOffset: u16("offset of the update sequence"),
  fixupCount: u16("16-bit words in the update sequence: one, and one for each 512 bytes"),
})

export const FileRecordHeader = struct("NTFS FILE record header", {
  head: RecordHead,
  logSequence: u64("last $LogFile entry about the record"),
  sequence: u16("times the record was reused"),
  links: u16("names of the file"),
  firstAttribute: u16("offset of the first attribute"),
  flags: u16("1 in use, 2 directory"),
  bytesUsed: u32("bytes in use, the end mark included"),
  bytesAllocated: u32("size of the record"),
  baseRecord: u64("0, or the record that this one extends"),
  nextAttributeId: u16("id for the next attribute"),
})
export type FileRecordHeader = Parsed<typeof FileRecordHeader>

export const AttributeHeader = struct("NTFS attribute header, resident", {
  type: u32("attribute type"),
  length: u32("bytes of the attribute, this header included"),
  nonResident: u8("1 when the value lies in clusters; the fields below then differ"),
  nameLength: u8("characters in the name"),
  nameOffset: u16("offset of the name"),
  flags: u16("compressed, encrypted, sparse"),
  id: u16("unique in the record"),
  valueLength: u32("bytes in the value"),
  valueOffset: u16("offset of the value"),
  indexed: u8("1 when an index holds the value"),
  reserved17: u8("unused"),
})
export type AttributeHeader = Parsed<typeof AttributeHeader>

export const IndexHeader = struct("NTFS index header", {
  entriesOffset: u32("from this header to the first entry"),
  entriesSize: u32("from this header to the end of the last entry"),
  allocatedSize: u32("from this header to the end of the room for entries"),
  flags: u32("1: the index has blocks beside its root"),
})

export const IndexBlockHeader = struct("NTFS index block header", {
  head: RecordHead,
  logSequence: u64("last $LogFile entry about the block"),
  vcn: u64("place of the block in the index"),
  index: IndexHeader,
})

export const IndexEntry = struct("NTFS index entry of a folder", {
  file: u64("number of the FILE record, in the low 48 bits, and its sequence"),
  length: u16("bytes of the entry"),
  keyLength: u16("bytes of the file name attribute behind this header"),
  flags: u32("1: a sub-node follows, 2: the last entry, which has no name"),
})

export const ATTRIBUTE = {
  fileName: 0x30,
  volumeName: 0x60,
  volumeInformation: 0x70,
  data: 0x80,
  indexRoot: 0x90,
  indexAllocation: 0xa0,
  end: 0xffff_ffff,
} as const
/** Records of $MFT with a fixed meaning. */
export const RECORD = { mft: 0, mftMirror: 1, logFile: 2, volume: 3, root: 5, bitmap: 6 } as const
