/** The geometry that an exFAT boot sector describes, and the checksum over its boot region. */
import { viewOf } from "../../bytes/struct.ts"
import { isAllZero } from "../../bytes/compare.ts"
import { byteOffset } from "../../bytes/byte-offset.ts"
import { ExfatBootSector } from "./layout.ts"

export interface ExfatGeometry {
  readonly sizeBytes: number
  readonly sectorSize: number
  readonly clusterSize: number
  readonly clusterCount: number
  readonly fatsAt: readonly number[]
  /** Bytes of one FAT. */
  readonly fatLength: number
  /** Where cluster 2 lies. */
  readonly clustersAt: number
  readonly rootCluster: number
  readonly rootAt: number
  /** Its own flag: not unmounted. */
  readonly isDirty: boolean
  readonly serial: number
}

/** Section 3.1.13.2. */
const VOLUME_DIRTY = 2

/** Sectors in a boot region; its backup follows it. */
export const BOOT_REGION_SECTORS = 12

/** `undefined` when the sector is no exFAT boot sector. */
export function readExfatBootSector(sector: Uint8Array): ExfatGeometry | undefined {
  if (sector.length < ExfatBootSector.size) return undefined
  const boot = ExfatBootSector.parse(sector)
  if (ExfatBootSector.unexpected(boot).includes("name") || !isAllZero(boot.mustBeZero)) return undefined
  if (boot.sectorShift < 9 || boot.sectorShift > 12 || boot.sectorShift + boot.clusterShift > 25)
    return undefined
  const sectorSize = 2 ** boot.sectorShift
  const clusterSize = sectorSize * 2 ** boot.clusterShift
  const sizeBytes = byteOffset(boot.volumeLength * BigInt(sectorSize))
  const rootAt = boot.clusterHeapOffset * sectorSize + (boot.rootCluster - 2) * clusterSize
  if (sizeBytes === undefined || boot.rootCluster < 2 || rootAt >= sizeBytes) return undefined
  if (boot.fatOffset === 0 || (boot.fatCount !== 1 && boot.fatCount !== 2)) return undefined
  return {
    sizeBytes,
    sectorSize,
    clusterSize,
    clusterCount: boot.clusterCount,
    fatsAt: Array.from(
      { length: boot.fatCount },
      (_, i) => (boot.fatOffset + i * boot.fatLength) * sectorSize,
    ),
    fatLength: boot.fatLength * sectorSize,
    clustersAt: boot.clusterHeapOffset * sectorSize,
    rootCluster: boot.rootCluster,
    rootAt,
    isDirty: (boot.flags & VOLUME_DIRTY) !== 0,
    serial: boot.serial,
  }
}

/**
 * Section 3.4: a rotating sum over the first eleven sectors without the flags and the percentage in use, repeated through
 * all of the twelfth.
 */
export function isBootRegionIntact(region: Uint8Array): boolean {
  const covered = (region.length / BOOT_REGION_SECTORS) * (BOOT_REGION_SECTORS - 1)
  const flagsAt = ExfatBootSector.offsetOf("flags")
  const skipped = new Set([flagsAt, flagsAt + 1, ExfatBootSector.offsetOf("percentInUse")])
  let sum = 0
  for (let i = 0; i < covered; i++) {
    if (!skipped.has(i)) sum = (((sum << 31) | (sum >>> 1)) + region[i]!) >>> 0
  }
  const view = viewOf(region)
  for (let at = covered; at < region.length; at += 4) if (view.getUint32(at, true) !== sum) return false
  return true
}
