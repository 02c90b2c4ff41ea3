/**
 * Which file system of Windows a source holds. When the first sector says nothing, the places are tried where a backup of
 * the boot sector lies: NTFS keeps it in the last sector of the partition, FAT32 in sector 6, exFAT in sector 12.
 */
import type { ByteSource } from "../source/byte-source.ts"
import { judge, takeSample } from "./check.ts"
import { recogniseExfat } from "./exfat/recognise.ts"
import { recogniseFat } from "./fat/recognise.ts"
import type { FileSystem } from "./file-system.ts"
import { recogniseNtfs } from "./ntfs/recognise.ts"
import { recogniseRefs } from "./refs/recognise.ts"

const SECTOR_SIZES = [512, 4096]

/** Reads less than 512 KiB. `undefined`: none that we know. @throws SourceError when the source is gone. */
export async function recogniseFileSystem(source: ByteSource): Promise<FileSystem | undefined> {
  for (const recognise of [recogniseNtfs, recogniseExfat, recogniseRefs, recogniseFat]) {
    const found = await recognise(source, 0)
    if (found) return found
  }
  for (const sectorSize of SECTOR_SIZES) {
    const found =
      (await recogniseByBackup(source, recogniseNtfs, source.size - sectorSize)) ??
      (await recogniseByBackup(source, recogniseFat, 6 * sectorSize)) ??
      (await recogniseByBackup(source, recogniseExfat, 12 * sectorSize))
    if (found?.sectorSize === sectorSize) return found
  }
  return undefined
}

type Recogniser = (source: ByteSource, bootSectorAt: number) => Promise<FileSystem | undefined>

/** A boot sector in an odd place may belong to anything: it counts when a structure that it points to is there. */
async function recogniseByBackup(
  source: ByteSource,
  recognise: Recogniser,
  at: number,
): Promise<FileSystem | undefined> {
  const found = at > 0 ? await recognise(source, at) : undefined
  const pointsToSomething = found?.checks.some(
    (check) => check.outcome === "right" && check.at !== at && check.name !== "backup-boot-sector",
  )
  if (!found || !pointsToSomething) return undefined
  const first = judge("boot-sector", await takeSample(source, 0, found.sectorSize), () => false)
  return { ...found, checks: [first, ...found.checks] }
}
