/**
 * The first sector of a volume, made anew from what is left of it elsewhere: its offsets stand in every metadata copy, its
 * geometry in the original boot sector that the volume keeps; a discovery volume and NTFS have copies of theirs.
 *
 * A sector that leads to the metadata already is right, whatever else stands in it: nothing of it is touched.
 */
import { equalBytes, startsWithLatin1 } from "../bytes/compare.ts"
import type { Finding } from "../findings.ts"
import {
  BOOT_SECTOR_SIZE,
  BiosParameters,
  type BootLayout,
  FVE_SIGNATURE,
  FveSector,
  SectorTail,
  type VolumeFacts,
  recogniseBootSector,
  serializeFveBootSector,
  serializeToGoBootSector,
  serializeVistaBootSector,
} from "../fve/index.ts"

export interface BootSectorEvidence {
  readonly layout: BootLayout
  /** Settled: all three metadata offsets are known. */
  readonly facts: VolumeFacts
  readonly sectorSize: number
  /** The first sectors of the volume as stored: up to `FRONT_SECTORS` of them. */
  readonly front: Uint8Array
  /** The last sector of the volume as stored. */
  readonly last?: Uint8Array
  /** The boot sector of the plaintext volume. */
  readonly original?: Uint8Array
  /** Of intact encrypt-on-write information blocks. */
  readonly eowOffsets: readonly number[]
  /** Sectors before the volume on its disk, as far as its place tells. */
  readonly hiddenSectorCount: number
}

export interface RebuiltBootSector {
  /** Absent when the sector is right as it is, or when nothing is left to make it from. */
  readonly bytes?: Uint8Array
  readonly findings: readonly Finding[]
}

/** FAT32 keeps a copy of its boot sector here. */
const BACKUP_SECTOR = 6
/** The head of a volume without a discovery volume; the smallest discovery volume has more. */
const USUAL_HEAD = 0x2000
export const FRONT_SECTORS = BACKUP_SECTOR + 1
/** Of the system that formatted a discovery volume; a volume that was formatted over it has another one. */
const DISCOVERY_NAME = "MSWIN4.1"
const SIGNATURE_AT = BiosParameters.offsetOf("signature")
const MARK_AT = BOOT_SECTOR_SIZE - SectorTail.size + SectorTail.offsetOf("signature")

export function rebuildBootSector(evidence: BootSectorEvidence): RebuiltBootSector {
  if (leadsToMetadata(evidence)) return { findings: [] }
  const discovery = findDiscoverySector(evidence)
  if (discovery)
    return { bytes: serializeToGoBootSector(discovery, evidence.facts.metadataOffsets), findings: [] }
  if (evidence.layout === "vista") return vistaSector(evidence)
  const bytes = windowsSector(evidence)
  return { bytes, findings: evidence.layout === "to-go" ? [DISCOVERY_LOST] : [] }
}

function leadsToMetadata({ layout, facts, front, sectorSize, eowOffsets }: BootSectorEvidence): boolean {
  const found = recogniseBootSector(front)
  if (!found || !isMarked(front) || found.layout !== layout || !isNamed(front, layout)) return false
  const names = layout === "vista" ? facts.metadataOffsets.slice(0, 1) : facts.metadataOffsets
  const wantedEow = layout === "eow" ? eowOffsets : []
  // Of exFAT the size is 0, and of a discovery volume its own.
  const isSize = layout === "to-go" || found.sectorSize === 0 || found.sectorSize === sectorSize
  return isSize && isSame(found.metadataOffsets, names) && isSame(found.eowOffsets, wantedEow)
}

/** By its GUID alone a sector is found by Windows and by us; other programs look at the name first. */
function isNamed(front: Uint8Array, layout: BootLayout): boolean {
  return layout === "to-go" || startsWithLatin1(front, FVE_SIGNATURE, SIGNATURE_AT)
}

/** Where a sector of this layout is left, its geometry, boot program and messages are kept. */
function windowsSector({
  facts,
  sectorSize,
  front,
  original,
  eowOffsets,
  layout,
  hiddenSectorCount,
}: BootSectorEvidence) {
  const geometry = originalGeometry(original, sectorSize) ?? usualGeometry(sectorSize, hiddenSectorCount)
  const rebuilt = serializeFveBootSector({
    ...geometry,
    sectorSize,
    metadataOffsets: facts.metadataOffsets,
    ...(layout === "eow" && { eowOffsets }),
  })
  const found = FveSector.parse(front)
  // Vista's has the same name, another jump, and its fields elsewhere.
  const isLeft = equalBytes(found.bios.jump, FveSector.parse(rebuilt).bios.jump)
  if (!isLeft || !startsWithLatin1(front, FVE_SIGNATURE, SIGNATURE_AT) || !isMarked(front)) return rebuilt
  const { recognition, metadata, eow, vistaOffset } = FveSector.parse(rebuilt)
  return FveSector.serialize({
    ...found,
    bios: { ...found.bios, sectorSize },
    recognition,
    metadata,
    eow,
    vistaOffset,
  })
}

/** As the original boot sector says; exFAT has no such fields. */
function originalGeometry(original: Uint8Array | undefined, sectorSize: number) {
  const bios = original && BiosParameters.parse(original)
  return bios?.sectorSize === sectorSize && bios.clusterSectorCount > 0 ? bios : undefined
}

/** Observed: clusters of 4 KiB and this geometry on volumes of Windows 8 to 11. No reader depends on it. */
function usualGeometry(sectorSize: number, hiddenSectorCount: number) {
  return { clusterSectorCount: 4096 / sectorSize, trackSectorCount: 63, headCount: 255, hiddenSectorCount }
}

/**
 * The copy of a discovery volume's boot sector. On any other volume random bytes stand in its place; a volume that was
 * formatted with FAT32 since has the name of another system there, and no head of this length.
 */
function findDiscoverySector({
  front,
  facts,
  sectorSize,
  layout,
}: BootSectorEvidence): Uint8Array | undefined {
  const at = BACKUP_SECTOR * sectorSize
  const backup = front.subarray(at, at + BOOT_SECTOR_SIZE)
  const isHidden = layout === "vista" || layout === "eow" || (facts.headBackup?.length ?? 0) <= USUAL_HEAD
  if (isHidden || backup.length < BOOT_SECTOR_SIZE || !isMarked(backup)) return undefined
  return startsWithLatin1(backup, DISCOVERY_NAME, SIGNATURE_AT) ? backup : undefined
}

const DISCOVERY_LOST: Finding = {
  code: "discovery-volume-lost",
  severity: "damage",
  text: "the discovery volume has lost both of its boot sectors: the volume gets that of a fixed drive, and its reader for older systems stays lost",
}

function vistaSector({ facts, sectorSize, last, original }: BootSectorEvidence): RebuiltBootSector {
  // An NTFS boot sector in plaintext there is not Vista's: it came later, with another file system.
  const isVistas = last && startsWithLatin1(last, FVE_SIGNATURE, SIGNATURE_AT) && isMarked(last)
  const model = isVistas ? last : original
  const clusterSize = sectorSize * (model ? BiosParameters.parse(model).clusterSectorCount : 0)
  const [offset = 0] = facts.metadataOffsets
  if (!model || clusterSize === 0 || offset % clusterSize !== 0) {
    const text =
      "nothing is left to make the boot sector from: its copy in the last sector is destroyed as well"
    return { findings: [{ code: "boot-sector-lost", severity: "damage", text }] }
  }
  const bytes = serializeVistaBootSector(model.subarray(0, BOOT_SECTOR_SIZE), BigInt(offset / clusterSize))
  return { bytes, findings: [] }
}

function isMarked(sector: Uint8Array): boolean {
  return equalBytes(sector.subarray(MARK_AT, BOOT_SECTOR_SIZE), Uint8Array.of(0x55, 0xaa))
}

function isSame(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((value, i) => value === b[i])
}
