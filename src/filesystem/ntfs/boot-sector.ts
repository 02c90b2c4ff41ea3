/** The geometry that an NTFS boot sector describes, when it makes sense. */
import { byteOffset } from "../../bytes/byte-offset.ts"
import { isPowerOfTwo, isSectorSize } from "../file-system.ts"
import { NtfsBootSector } from "./layout.ts"

export interface NtfsGeometry {
  readonly sizeBytes: number
  readonly sectorSize: number
  readonly clusterSize: number
  readonly recordSize: number
  /** First byte of $MFT and of $MFTMirr. */
  readonly mftAt: number
  readonly mirrorAt: number
  readonly serial: bigint
}

/**
 * `undefined` when the sector is no NTFS boot sector. The end mark 55 AA is not asked for: where the signature and
 * the geometry are right, a missing mark is damage.
 */
export function readNtfsBootSector(sector: Uint8Array): NtfsGeometry | undefined {
  if (sector.length < NtfsBootSector.size) return undefined
  const boot = NtfsBootSector.parse(sector)
  if (NtfsBootSector.unexpected(boot).includes("oemId") || !isSectorSize(boot.bytesPerSector))
    return undefined
  const sectorSize = boot.bytesPerSector
  const clusterSize = sectorSize * countOrPower(boot.sectorsPerCluster, 1)
  const recordSize = countOrPower(boot.recordSize, clusterSize)
  const sizeBytes = byteOffset(boot.totalSectors * BigInt(sectorSize))
  if (!isPowerOfTwo(clusterSize) || clusterSize > 2 * 1024 * 1024) return undefined
  if (!isPowerOfTwo(recordSize) || recordSize < 512 || recordSize > 65536) return undefined
  if (sizeBytes === undefined || sizeBytes < clusterSize) return undefined
  const mftAt = byteOffset(boot.mftCluster * BigInt(clusterSize), sizeBytes)
  const mirrorAt = byteOffset(boot.mirrorCluster * BigInt(clusterSize), sizeBytes)
  // One of the two may be damaged, but cluster 0 is the boot sector's: a table there is an empty field.
  if (!mftAt || !mirrorAt) return undefined
  return { sizeBytes, sectorSize, clusterSize, recordSize, mftAt, mirrorAt, serial: boot.serial }
}

/** Up to 0x80 a number of units; above, a negative logarithm: 0xF6 is 2^10 bytes. */
function countOrPower(value: number, unit: number): number {
  return value <= 0x80 ? value * unit : 2 ** (256 - value)
}
