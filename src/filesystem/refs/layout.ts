/**
 * The boot sector of ReFS: Microsoft's documented FILE_SYSTEM_RECOGNITION_STRUCTURE and, behind it, what reverse engineering
 * found (libfsrefs, "Resilient File System (ReFS) format"). Nothing else of ReFS is read here.
 */
import { bytes, latin1, struct, u16, u32, u64, u8 } from "../../bytes/struct.ts"

export const RefsBootSector = struct("ReFS boot sector", {
  jump: bytes(3, "zero, or x86 jump"),
  name: latin1(8, "signature", "ReFS\0\0\0\0"),
  mustBeZero: bytes(5, "where FAT has its first fields; zero"),
  identifier: latin1(4, "file system recognition structure", "FSRS"),
  length: u16("bytes that the checksum covers, from the start of the sector"),
  checksum: u16("rotating sum without the jump and this field"),
  totalSectors: u64("sectors of the volume"),
  bytesPerSector: u32("bytes in a sector"),
  sectorsPerCluster: u32("sectors in a cluster"),
  majorVersion: u8("format version: 1 (Windows 8, Server 2012) or 3"),
  minorVersion: u8("format version"),
  reserved2A: bytes(14, "unknown"),
  serial: u64("volume serial number"),
})
