/**
 * Structures of FAT12, FAT16 and FAT32 (Microsoft "FAT: General Overview of On-Disk Format" 1.03; ECMA-107). The boot
 * sector begins alike in all three; what follows 0x24 depends on whether `fatSectors16` is zero, which makes it FAT32.
 */
import { type Parsed, bytes, latin1, struct, u16, u32, u8 } from "../../bytes/struct.ts"

const extendedFields = {
  driveNumber: u8("for the BIOS"),
  reserved01: u8("flags of Windows NT"),
  extendedSignature: u8("0x29 when the three fields below are there"),
  serial: u32("volume serial number"),
  label: latin1(11, "volume label, padded with spaces"),
  typeText: latin1(8, "FAT12, FAT16 or FAT32: a hint, not a promise"),
}

export const FatBootSector = struct("FAT boot sector", {
  jump: bytes(3, "x86 jump over the fields"),
  oemId: latin1(8, "who formatted: any text"),
  bytesPerSector: u16("bytes in a sector"),
  sectorsPerCluster: u8("sectors in a cluster"),
  reservedSectors: u16("sectors before the first FAT"),
  fatCount: u8("copies of the FAT"),
  rootEntries: u16("entries of the root directory; 0 in FAT32"),
  totalSectors16: u16("sectors of the volume when they fit in 16 bits"),
  media: u8("media descriptor, repeated in FAT[0]"),
  fatSectors16: u16("sectors in a FAT; 0 in FAT32"),
  sectorsPerTrack: u16("for the BIOS"),
  heads: u16("for the BIOS"),
  hiddenSectors: u32("sectors of the disk before the volume"),
  totalSectors32: u32("sectors of the volume when the 16-bit field is 0"),
})
export type FatBootSector = Parsed<typeof FatBootSector>

/** FAT12 and FAT16, from 0x24. */
export const Fat16Extension = struct("FAT12 and FAT16 boot sector, second part", extendedFields)

/** FAT32, from 0x24. */
export const Fat32Extension = struct("FAT32 boot sector, second part", {
  fatSectors32: u32("sectors in a FAT"),
  flags: u16("which FAT is live"),
  version: u16("0.0", 0),
  rootCluster: u32("first cluster of the root directory"),
  fsInfoSector: u16("sector of FSInfo"),
  backupSector: u16("sector of the backup boot sector"),
  reserved34: bytes(12, "unused"),
  ...extendedFields,
})

/** Read at the end of the first 512 bytes, whatever the sector size. */
export const FatBootMark = struct("FAT boot sector, end mark", { signature: u16("end mark", 0xaa55) })
export const FAT_BOOT_MARK_AT = 510

export const FsInfo = struct("FAT32 FSInfo sector", {
  leadSignature: latin1(4, "lead signature", "RRaA"),
  reserved04: bytes(480, "unused"),
  structSignature: latin1(4, "structure signature", "rrAa"),
  freeClusters: u32("free clusters, or all ones"),
  nextFree: u32("where to look for a free cluster, or all ones"),
  reserved1F0: bytes(12, "unused"),
  trailSignature: u32("trail signature", 0xaa550000),
})

export const FatDirectoryEntry = struct("FAT directory entry", {
  name: latin1(
    11,
    "name and extension, padded with spaces; first byte 0 ends the directory, E5 is a removed entry",
  ),
  attributes: u8("8 is the volume label, 0x0F a part of a long name"),
  reserved0C: bytes(8, "times, flags"),
  clusterHigh: u16("first cluster, high half"),
  reserved16: bytes(4, "time and date of the last write"),
  clusterLow: u16("first cluster, low half"),
  size: u32("bytes of the file"),
})

export const FAT_ATTRIBUTE = { volumeLabel: 0x08, longName: 0x0f, directory: 0x10 } as const
