/**
 * First sectors of BitLocker volumes. Windows recognises them by a GUID, not by boot code or signature: one for metadata
 * offsets, another one when encrypt-on-write offsets follow too. Only Vista has no GUID.
 *
 * None of these holds the size of the volume. The FAT32 fields of the Windows 7 layout are a constant fake, so a reader of
 * NTFS finds nonsense in them.
 */
import { guid } from "../bytes/guid.ts"
import { array, bytes, latin1, type Parsed, struct, u16, u32, u64, u8 } from "../bytes/struct.ts"

export const BOOT_SECTOR_SIZE = 512

export const RecognitionGuid = {
  /** Three metadata offsets follow. */
  information: "4967D63B-2E29-4AD8-8399-F6A339E3D001",
  /** Three metadata and two encrypt-on-write offsets follow. */
  eow: "92A84D3B-DD80-4D0E-9E4E-B1E3284EAED8",
} as const

/** Stands 16 bytes before the other GUID of a To Go volume; its meaning is unknown. */
export const TO_GO_GUID = "B580060E-778A-4057-B39A-E3DF8E81B1A1"

/** What follows either GUID, wherever in the sector it stands. */
export const RecognitionFields = struct("recognition fields", {
  metadataOffsets: array(3, u64(""), "where the three metadata copies are"),
})

export const EowRecognitionFields = struct("encrypt-on-write recognition fields", {
  eowOffsets: array(
    2,
    u64(""),
    "where the two encrypt-on-write information blocks are; only after the EOW GUID",
  ),
})

/** The start of every boot sector of the PC world (BIOS parameter block of DOS 3.31). */
export const BiosParameters = struct("BIOS parameters", {
  jump: bytes(3, "jump over these fields"),
  signature: latin1(8, "`-FVE-FS-`, or the name of the system that formatted the volume"),
  sectorSize: u16("bytes in a sector; 0 on exFAT volumes of Windows 10 1903 and later"),
  clusterSectorCount: u8("sectors in a cluster"),
  reservedSectorCount: u16("0 in NTFS"),
  fatCount: u8("0 in NTFS"),
  rootEntryCount: u16("0 in NTFS"),
  sectorCount16: u16("0"),
  media: u8("0xf8, a fixed disk"),
  fatSectorCount16: u16("0"),
  trackSectorCount: u16("geometry of the time of floppies"),
  headCount: u16("geometry of the time of floppies"),
  hiddenSectorCount: u32("sectors before the volume on its disk; 0 on To Go volumes"),
  sectorCount32: u32("To Go: sectors in the volume; else 0"),
})

export const SectorTail = struct("end of the boot sector", {
  reserved0: bytes(19, "0xff"),
  reserved19: bytes(3, "00 1f 2c: Unconfirmed: offsets of messages"),
  signature: bytes(2, "55 AA"),
})

/** Windows 7 and later, fixed and removable NTFS volumes. */
export const FveSector = struct("boot sector (Windows 7 and later)", {
  bios: BiosParameters,
  fakeFatSectorCount: u32("0x1fe0, part of a constant fake FAT32 header"),
  reserved28: bytes(8, "0"),
  fakeInfoSector: u16("1"),
  fakeBackupSector: u16("6"),
  reserved34: bytes(4, "0"),
  vistaOffset: u64("0; not 0 on Vista volumes", 0n),
  fakeTail: bytes(26, "drive 0x80, 0x29, no serial, `NO NAME    FAT32   `"),
  bootCode: bytes(70, "a small program that names the missing boot manager"),
  recognition: guid("which offsets follow"),
  metadata: RecognitionFields,
  eow: EowRecognitionFields,
  messages: bytes(0xc0, "messages of the program"),
  filler: bytes(0x50, "letters x, which look like damage and are none"),
  tail: SectorTail,
})
export type FveSector = Parsed<typeof FveSector>

/** Windows Vista: an NTFS boot sector with two fields changed, the signature and `metadataLcn`. */
export const VistaSector = struct("boot sector (Windows Vista)", {
  bios: BiosParameters,
  reserved24: bytes(4, "as in NTFS"),
  sectorCount: u64("sectors in the file system"),
  mftLcn: u64("first cluster of $MFT"),
  metadataLcn: u64("first cluster of metadata copy 1; in NTFS that of $MFTMirr"),
  rest: bytes(0x1c0, "as in NTFS"),
})

/** To Go: the real boot sector of a small FAT32 file system, the discovery volume, that is not encrypted. */
export const ToGoSector = struct("boot sector (To Go)", {
  bios: BiosParameters,
  fatSectorCount: u32("sectors in the only FAT of the discovery volume"),
  fat32: bytes(0x170, "the rest of the FAT32 header, boot code and messages"),
  toGo: guid("unknown"),
  recognition: guid("always that of metadata offsets"),
  metadata: RecognitionFields,
  reserved1d0: bytes(10, 'letters "rSvD", 2'),
  filler: bytes(0x0e, "letters x"),
  tail: SectorTail,
})
export type ToGoSector = Parsed<typeof ToGoSector>
