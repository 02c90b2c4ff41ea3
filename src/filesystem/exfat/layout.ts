/**
 * Structures of exFAT (Microsoft "exFAT file system specification", sections 3 and 7). The boot region is twelve sectors
 * that a checksum in the last one covers, and it is there twice.
 */
import { type Parsed, bytes, latin1, struct, u16, u32, u64, u8 } from "../../bytes/struct.ts"

export const ExfatBootSector = struct("exFAT boot sector", {
  jump: bytes(3, "x86 jump over the fields, EB 76 90"),
  name: latin1(8, "signature", "EXFAT   "),
  mustBeZero: bytes(53, "where FAT has its fields; zero"),
  partitionOffset: u64("sectors of the disk before the volume"),
  volumeLength: u64("sectors of the volume"),
  fatOffset: u32("first sector of the first FAT"),
  fatLength: u32("sectors in a FAT"),
  clusterHeapOffset: u32("sector of cluster 2"),
  clusterCount: u32("clusters in the volume"),
  rootCluster: u32("first cluster of the root directory"),
  serial: u32("volume serial number"),
  revision: u16("file system revision, 1.00"),
  flags: u16("active FAT, dirty, media failure; not in the checksum"),
  sectorShift: u8("binary logarithm of the bytes in a sector, 9 to 12"),
  clusterShift: u8("binary logarithm of the sectors in a cluster"),
  fatCount: u8("1, or 2 with TexFAT"),
  driveSelect: u8("for the BIOS"),
  percentInUse: u8("clusters in use; not in the checksum"),
  reserved71: bytes(7, "unused"),
  code: bytes(390, "boot code"),
  signature: u16("end mark", 0xaa55),
})
export type ExfatBootSector = Parsed<typeof ExfatBootSector>

export const ExfatLabelEntry = struct("exFAT volume label entry", {
  type: u8("0x83, or 0x03 when there is no label", 0x83),
  length: u8("characters in the label, at most 11"),
  label: bytes(22, "UTF-16"),
  reserved18: bytes(8, "unused"),
})

export const ExfatBitmapEntry = struct("exFAT allocation bitmap entry", {
  type: u8("0x81", 0x81),
  flags: u8("which of the bitmaps of TexFAT"),
  reserved02: bytes(18, "unused"),
  firstCluster: u32("first cluster of the bitmap"),
  dataLength: u64("bytes in the bitmap"),
})

export const ExfatFileEntry = struct("exFAT file entry", {
  type: u8("0x85", 0x85),
  secondaryCount: u8("entries that follow and belong to it"),
  checksum: u16("over the whole set, this field left out"),
  attributes: u16("those of FAT"),
  reserved06: bytes(26, "times"),
})

export const ExfatStreamEntry = struct("exFAT stream extension entry", {
  type: u8("0xC0", 0xc0),
  flags: u8("2: the clusters follow each other, and the FAT says nothing of them"),
  reserved02: u8("unused"),
  nameLength: u8("characters in the name"),
  nameHash: u16("of the name in upper case"),
  reserved06: bytes(2, "unused"),
  validLength: u64("bytes that were ever written"),
  reserved10: bytes(4, "unused"),
  firstCluster: u32("first cluster of the file"),
  dataLength: u64("bytes of the file"),
})

export const ExfatNameEntry = struct("exFAT file name entry", {
  type: u8("0xC1", 0xc1),
  flags: u8("zero"),
  name: bytes(30, "UTF-16, 15 characters of it"),
})

/** Directory entries are 32 bytes; the first of them say what kind. Those below 0x80 are not in use. */
export const EXFAT_ENTRY_SIZE = 32
export const EXFAT_ENTRY = {
  end: 0x00,
  bitmap: 0x81,
  label: 0x83,
  file: 0x85,
  stream: 0xc0,
  name: 0xc1,
} as const
/** Every kind in use that the specification names, vendors' extensions included (section 7). */
export const EXFAT_ENTRY_TYPES: ReadonlySet<number> = new Set([
  0x81, 0x82, 0x83, 0x85, 0xa0, 0xa1, 0xa2, 0xc0, 0xc1, 0xe0, 0xe1,
])
