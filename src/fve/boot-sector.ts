/**
 * Recognises the first sector of a BitLocker volume and finds what it points to. The order is Windows': either GUID
 * anywhere in the sector, then Vista's signature. A sector that is none of these says nothing about the volume: its
 * metadata can still be found by their own signature.
 */
import { indexOfBytes, startsWithLatin1 } from "../bytes/compare.ts"
import { serializeGuid } from "../bytes/guid.ts"
import { byteOffset } from "../bytes/byte-offset.ts"
import {
  BiosParameters,
  BOOT_SECTOR_SIZE,
  EowRecognitionFields,
  FveSector,
  RecognitionFields,
  RecognitionGuid,
  VistaSector,
} from "./boot-sector-layout.ts"
import { FVE_SIGNATURE } from "./metadata-block.ts"
import { places } from "./places.ts"

export type BootLayout = "vista" | "windows7" | "eow" | "to-go"

export interface FveBootSector {
  readonly layout: BootLayout
  /** Bytes, as on disk: 0 is possible. */
  readonly sectorSize: number
  /** As on disk: 0 is possible. */
  readonly clusterSectorCount: number
  /** Sectors before the volume on its disk, when it was formatted. 0 on To Go volumes. */
  readonly hiddenSectorCount: number
  /** Bytes from the start of the volume. Vista names the first copy only. */
  readonly metadataOffsets: readonly number[]
  /** Encrypt-on-write information blocks; none unless the layout is `eow`. */
  readonly eowOffsets: readonly number[]
  /** To Go: sectors of the volume by the discovery volume's account. */
  readonly sectorCount?: number
}

const INFORMATION = serializeGuid(RecognitionGuid.information)
const EOW = serializeGuid(RecognitionGuid.eow)
const FIXED_GUID_AT = FveSector.offsetOf("recognition")
const SIGNATURE_AT = BiosParameters.offsetOf("signature")

/** @param sector the first 512 bytes or more; only the first 512 are looked at */
export function recogniseBootSector(sector: Uint8Array): FveBootSector | undefined {
  if (sector.length < BOOT_SECTOR_SIZE) return undefined
  const source = sector.subarray(0, BOOT_SECTOR_SIZE)
  return byGuid(source, EOW) ?? byGuid(source, INFORMATION) ?? asVista(source)
}

function byGuid(source: Uint8Array, guid: Uint8Array): FveBootSector | undefined {
  const at = indexOfBytes(source, guid)
  const after = at + guid.length
  if (at < 0 || after + RecognitionFields.size > source.length) return undefined
  // A flipped bit takes the name away, and leaves the GUID in the place that only a fixed drive has.
  const isFixed = at === FIXED_GUID_AT || startsWithLatin1(source, FVE_SIGNATURE, SIGNATURE_AT)
  const layout: BootLayout = guid === EOW ? "eow" : isFixed ? "windows7" : "to-go"
  const eowAt = after + RecognitionFields.size
  const hasRoom = eowAt + EowRecognitionFields.size <= source.length
  const bios = BiosParameters.parse(source)
  return {
    layout,
    ...geometry(bios),
    metadataOffsets: places(RecognitionFields.parse(source, after).metadataOffsets),
    eowOffsets:
      layout === "eow" && hasRoom ? places(EowRecognitionFields.parse(source, eowAt).eowOffsets) : [],
    ...(layout === "to-go" && { sectorCount: bios.sectorCount32 }),
  }
}

function asVista(source: Uint8Array): FveBootSector | undefined {
  if (!startsWithLatin1(source, FVE_SIGNATURE, SIGNATURE_AT)) return undefined
  const { bios, metadataLcn } = VistaSector.parse(source)
  const offset = byteOffset(metadataLcn * BigInt(bios.clusterSectorCount * bios.sectorSize))
  if (!offset) return undefined
  return { layout: "vista", ...geometry(bios), metadataOffsets: [offset], eowOffsets: [] }
}

function geometry({
  sectorSize,
  clusterSectorCount,
  hiddenSectorCount,
}: ReturnType<typeof BiosParameters.parse>) {
  return { sectorSize, clusterSectorCount, hiddenSectorCount }
}
