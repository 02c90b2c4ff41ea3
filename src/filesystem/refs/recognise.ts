/** A ReFS volume, known by its boot sector and the checksum in it. */
import { byteOffset } from "../../bytes/byte-offset.ts"
import type { ByteSource } from "../../source/byte-source.ts"
import { judge, takeSample } from "../check.ts"
import { type FileSystem, isPowerOfTwo, isSectorSize, shownSerials } from "../file-system.ts"
import { RefsBootSector } from "./layout.ts"

const SECTOR_READ = 512
const CHECKSUM_AT = RefsBootSector.offsetOf("checksum")

export async function recogniseRefs(
  source: ByteSource,
  bootSectorAt: number,
): Promise<FileSystem | undefined> {
  const sample = await takeSample(source, bootSectorAt, SECTOR_READ)
  if (sample.bytes.length < SECTOR_READ) return undefined
  const boot = RefsBootSector.parse(sample.bytes)
  const clusterSize = boot.bytesPerSector * boot.sectorsPerCluster
  const sizeBytes = byteOffset(boot.totalSectors * BigInt(boot.bytesPerSector))
  const isPlausible =
    RefsBootSector.unexpected(boot).length === 0 &&
    isSectorSize(boot.bytesPerSector) &&
    isPowerOfTwo(clusterSize)
  if (!isPlausible || !sizeBytes) return undefined
  return {
    type: "refs",
    sizeBytes,
    sectorSize: boot.bytesPerSector,
    clusterSize,
    ...shownSerials(boot.serial),
    bootSectorAt,
    checks: [
      judge("boot-checksum", sample, (bytes) => checksumOf(bytes.subarray(0, boot.length)) === boot.checksum),
    ],
  }
}

/** Microsoft, "Computing a File System Recognition Checksum": 16 bits, rotated right before each byte is added. */
function checksumOf(structure: Uint8Array): number {
  let sum = 0
  for (let i = RefsBootSector.offsetOf("name"); i < structure.length; i++) {
    if (i === CHECKSUM_AT || i === CHECKSUM_AT + 1) continue
    sum = (((sum & 1) << 15) + (sum >> 1) + structure[i]!) & 0xffff
  }
  return sum
}
