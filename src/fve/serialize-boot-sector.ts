/**
 * Writes the first sector of a volume in each layout. The boot program and its messages, which only matter on a system
 * drive, are left out: data volumes are recognised by signature, fields, GUID and the last two bytes.
 */
import {
  BOOT_SECTOR_SIZE,
  FveSector,
  RecognitionGuid,
  TO_GO_GUID,
  ToGoSector,
  VistaSector,
} from "./boot-sector-layout.ts"
import { FVE_SIGNATURE } from "./metadata-block.ts"

export interface FveBootSectorFields {
  readonly sectorSize: number
  readonly clusterSectorCount: number
  readonly trackSectorCount: number
  readonly headCount: number
  readonly hiddenSectorCount: number
  /** Of all three copies. */
  readonly metadataOffsets: readonly number[]
  /** Of both encrypt-on-write information blocks, while a conversion needs them. */
  readonly eowOffsets?: readonly number[]
}

const TAIL = {
  reserved0: new Uint8Array(19).fill(0xff),
  reserved19: Uint8Array.of(0x00, 0x1f, 0x2c),
  signature: Uint8Array.of(0x55, 0xaa),
}
const FILLER = 0x78
const FIXED_DISK = 0xf8

/** The layout of Windows 7 and later; with encrypt-on-write offsets, that of a conversion. */
export function serializeFveBootSector(fields: FveBootSectorFields): Uint8Array {
  return FveSector.serialize({
    bios: {
      jump: Uint8Array.of(0xeb, 0x58, 0x90),
      signature: FVE_SIGNATURE,
      sectorSize: fields.sectorSize,
      clusterSectorCount: fields.clusterSectorCount,
      reservedSectorCount: 0,
      fatCount: 0,
      rootEntryCount: 0,
      sectorCount16: 0,
      media: FIXED_DISK,
      fatSectorCount16: 0,
      trackSectorCount: fields.trackSectorCount,
      headCount: fields.headCount,
      hiddenSectorCount: fields.hiddenSectorCount,
      sectorCount32: 0,
    },
    fakeFatSectorCount: 0x1fe0,
    reserved28: new Uint8Array(8),
    fakeInfoSector: 1,
    fakeBackupSector: 6,
    reserved34: new Uint8Array(4),
    vistaOffset: 0n,
    fakeTail: fakeTail(),
    bootCode: new Uint8Array(70),
    recognition: fields.eowOffsets ? RecognitionGuid.eow : RecognitionGuid.information,
    metadata: { metadataOffsets: fields.metadataOffsets.map(BigInt) },
    eow: { eowOffsets: (fields.eowOffsets ?? [0, 0]).map(BigInt) },
    messages: new Uint8Array(0xc0),
    filler: new Uint8Array(0x50).fill(FILLER),
    tail: TAIL,
  })
}

/** The end of a FAT32 header without volume serial: drive number, marker 0x29, label and type. */
function fakeTail(): Uint8Array {
  const text = Uint8Array.from("NO NAME    FAT32   ", (letter) => letter.charCodeAt(0))
  return Uint8Array.of(0x80, 0, 0x29, 0, 0, 0, 0, ...text)
}

/** Vista's form of an NTFS boot sector: the first sector of the volume, and the copy in its last. */
export function serializeVistaBootSector(ntfsSector: Uint8Array, metadataLcn: bigint): Uint8Array {
  const value = VistaSector.parse(ntfsSector)
  return VistaSector.serialize({ ...value, bios: { ...value.bios, signature: FVE_SIGNATURE }, metadataLcn })
}

/** @param discovery the first sector of the discovery volume, or its backup in sector 6 */
export function serializeToGoBootSector(
  discovery: Uint8Array,
  metadataOffsets: readonly number[],
): Uint8Array {
  return ToGoSector.serialize({
    ...ToGoSector.parse(discovery.subarray(0, BOOT_SECTOR_SIZE)),
    toGo: TO_GO_GUID,
    recognition: RecognitionGuid.information,
    metadata: { metadataOffsets: metadataOffsets.map(BigInt) },
    reserved1d0: Uint8Array.of(0x72, 0x53, 0x76, 0x44, 2, 0, 0, 0, 0, 0),
    filler: new Uint8Array(0x0e).fill(FILLER),
    tail: TAIL,
  })
}
