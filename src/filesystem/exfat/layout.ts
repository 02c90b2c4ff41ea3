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

/** Directory entries are 32 bytes; the first of them say what kind. */
export const EXFAT_ENTRY_SIZE = 32
export const EXFAT_ENTRY = { end: 0x00, bitmap: 0x81, label: 0x83 } as const
