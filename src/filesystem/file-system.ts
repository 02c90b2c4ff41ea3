/** What we can say of a file system from its first structures, whichever it is. */
import type { Check } from "./check.ts"

export type FileSystemType = "ntfs" | "fat12" | "fat16" | "fat32" | "exfat" | "refs"

export interface FileSystem {
  readonly type: FileSystemType
  /** As its boot sector says. NTFS leaves out the last sector of its partition, where the backup boot sector lies. */
  readonly sizeBytes: number
  readonly sectorSize: number
  readonly clusterSize: number
  /** As Windows shows it: `1234-ABCD`, for NTFS and ReFS the low half of the serial number. */
  readonly serial: string
  /** All 64 bits of the serial number of NTFS and ReFS, as `fsutil` and `blkid` show them. */
  readonly fullSerial?: string
  /** Absent when the volume has none, or when it could not be read. */
  readonly label?: string
  /** Where the boot sector was found: 0, or the place of its backup when the first one is lost. */
  readonly bootSectorAt: number
  /** The structures that we looked for. */
  readonly checks: readonly Check[]
}

const NAMES: Readonly<Record<FileSystemType, string>> = {
  ntfs: "an NTFS volume",
  fat12: "a FAT12 volume",
  fat16: "a FAT16 volume",
  fat32: "a FAT32 volume",
  exfat: "an exFAT volume",
  refs: "a ReFS volume",
}

/** With its article: `an NTFS volume`. */
export function nameOf(type: FileSystemType): string {
  return NAMES[type]
}

/** 32 bits as Windows shows them. */
export function shownSerial(value: number): string {
  const digits = (value >>> 0).toString(16).toUpperCase().padStart(8, "0")
  return `${digits.slice(0, 4)}-${digits.slice(4)}`
}

/** Both forms of a 64-bit serial number. */
export function shownSerials(value: bigint): { serial: string; fullSerial: string } {
  return {
    serial: shownSerial(Number(value & 0xffff_ffffn)),
    fullSerial: value.toString(16).toUpperCase().padStart(16, "0"),
  }
}

/** Sector sizes of disks. */
export function isSectorSize(value: number): boolean {
  return isPowerOfTwo(value) && value >= 512 && value <= 4096
}

export function isPowerOfTwo(value: number): boolean {
  return value > 0 && Number.isInteger(Math.log2(value))
}
