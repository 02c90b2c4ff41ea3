/** The geometry that a FAT boot sector describes, when it makes sense. */
import { isPowerOfTwo, isSectorSize } from "../file-system.ts"
import { FAT_BOOT_MARK_AT, Fat16Extension, Fat32Extension, FatBootMark, FatBootSector } from "./layout.ts"

export interface FatGeometry {
  readonly bits: 12 | 16 | 32
  readonly sizeBytes: number
  readonly sectorSize: number
  readonly clusterSize: number
  readonly media: number
  readonly fatsAt: readonly number[]
  readonly fatLength: number
  /** Where cluster 2 lies. */
  readonly clustersAt: number
  readonly clusterCount: number
  readonly rootAt: number
  /** Bytes of the root directory: all of it, or in FAT32 its first cluster. */
  readonly rootLength: number
  /** FAT32 only. */
  readonly fsInfoAt?: number
  readonly backupAt?: number
  /** Absent in volumes without the extended fields (before DOS 4). */
  readonly serial?: number
  readonly label?: string
}

const EXTENDED_FIELDS_ARE_THERE = 0x29

/** `undefined` when the sector is no FAT boot sector. There is no signature: every field has to make sense. */
export function readFatBootSector(sector: Uint8Array): FatGeometry | undefined {
  if (sector.length < FAT_BOOT_MARK_AT + FatBootMark.size) return undefined
  const boot = FatBootSector.parse(sector)
  const [jump] = boot.jump
  const isPlausible =
    FatBootMark.unexpected(FatBootMark.parse(sector, FAT_BOOT_MARK_AT)).length === 0 &&
    (jump === 0xeb || jump === 0xe9) &&
    isSectorSize(boot.bytesPerSector) &&
    isPowerOfTwo(boot.sectorsPerCluster) &&
    boot.reservedSectors > 0 &&
    (boot.fatCount === 1 || boot.fatCount === 2) &&
    (boot.media === 0xf0 || boot.media >= 0xf8)
  if (!isPlausible) return undefined

  const isFat32 = boot.fatSectors16 === 0
  const fat32 = Fat32Extension.parse(sector, FatBootSector.size)
  const extension = isFat32 ? fat32 : Fat16Extension.parse(sector, FatBootSector.size)
  const sectorSize = boot.bytesPerSector
  const clusterSize = sectorSize * boot.sectorsPerCluster
  const fatLength = sectorSize * (isFat32 ? fat32.fatSectors32 : boot.fatSectors16)
  const sizeBytes = sectorSize * (boot.totalSectors16 || boot.totalSectors32)
  const fatsAt = Array.from(
    { length: boot.fatCount },
    (_, i) => boot.reservedSectors * sectorSize + i * fatLength,
  )
  const afterFats = fatsAt.at(-1)! + fatLength
  const fixedRootLength = boot.rootEntries * 32
  const clustersAt = afterFats + Math.ceil(fixedRootLength / sectorSize) * sectorSize
  const clusters = Math.floor((sizeBytes - clustersAt) / clusterSize)
  if (fatLength === 0 || clusters < 1) return undefined
  if (isFat32 && (boot.rootEntries !== 0 || fat32.rootCluster < 2 || fat32.rootCluster >= clusters + 2))
    return undefined
  if (!isFat32 && boot.rootEntries === 0) return undefined
  const hasExtendedFields = extension.extendedSignature === EXTENDED_FIELDS_ARE_THERE
  return {
    // The number of clusters decides between 12 and 16 bits, and nothing else does (Microsoft, section 3.5).
    bits: isFat32 ? 32 : clusters < 4085 ? 12 : 16,
    sizeBytes,
    sectorSize,
    clusterSize,
    media: boot.media,
    fatsAt,
    fatLength,
    clustersAt,
    clusterCount: clusters,
    rootAt: isFat32 ? clustersAt + (fat32.rootCluster - 2) * clusterSize : afterFats,
    rootLength: isFat32 ? clusterSize : fixedRootLength,
    ...(isFat32
      ? { fsInfoAt: fat32.fsInfoSector * sectorSize, backupAt: fat32.backupSector * sectorSize }
      : {}),
    ...(hasExtendedFields ? { serial: extension.serial, label: extension.label } : {}),
  }
}
