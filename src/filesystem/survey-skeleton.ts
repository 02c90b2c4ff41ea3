/** The skeleton of a file system that was recognised, whichever it is. */
import type { Extent } from "../extents/extent.ts"
import type { ByteSource } from "../source/byte-source.ts"
import { readBytes } from "../source/read-bytes.ts"
import { readExfatBootSector } from "./exfat/boot-region.ts"
import { surveyExfat } from "./exfat/survey.ts"
import { readFatBootSector } from "./fat/boot-sector.ts"
import { surveyFat } from "./fat/survey.ts"
import type { FileSystem } from "./file-system.ts"
import { readNtfsBootSector } from "./ntfs/boot-sector.ts"
import { surveyNtfs } from "./ntfs/survey.ts"
import { recogniseFileSystem } from "./recognise.ts"
import type { Skeleton } from "./skeleton.ts"

const BOOT_SECTOR_SIZE = 512

/** Reads less than 2 MiB. `undefined`: we read nothing of ReFS but its boot sector. @throws SourceError when the source is gone */
export async function surveySkeleton(
  source: ByteSource,
  { type, bootSectorAt }: Pick<FileSystem, "type" | "bootSectorAt">,
): Promise<Skeleton | undefined> {
  const { bytes } = await readBytes(source, bootSectorAt, BOOT_SECTOR_SIZE)
  switch (type) {
    case "ntfs": {
      const geometry = readNtfsBootSector(bytes)
      return geometry && surveyNtfs(source, geometry)
    }
    case "exfat": {
      const geometry = readExfatBootSector(bytes)
      return geometry && surveyExfat(source, geometry)
    }
    case "refs":
      return undefined
    default: {
      const geometry = readFatBootSector(bytes)
      return geometry && surveyFat(source, geometry)
    }
  }
}

/** Where the structures lie that everything else hangs on: what a drive that fails should give first. None where nothing is recognised. */
export async function structureExtents(source: ByteSource): Promise<readonly Extent[]> {
  const fileSystem = await recogniseFileSystem(source)
  const skeleton = fileSystem && (await surveySkeleton(source, fileSystem))
  return skeleton?.extents ?? []
}
