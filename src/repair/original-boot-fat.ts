/**
 * FAT and exFAT behind a discovery volume: boot sector, its copy and the allocation tables all lie in the relocated head, so
 * a copy helps only while part of the head is alive.
 */
import { type Extent, extent, hexRange, overlaps, totalLength } from "../extents/extent.ts"
import type { Finding } from "../findings.ts"
import { type FileSystem, isBootRegionIntact, readFatBootSector } from "../filesystem/index.ts"
import type { ByteSource } from "../source/byte-source.ts"
import { readBytes } from "../source/read-bytes.ts"
import type { BootSubstitution } from "./original-boot.ts"

/** Sectors of a boot region of exFAT, which is there twice in a row (specification, section 3). */
const EXFAT_REGION = 12

/** The other sectors of exFAT's main boot region, for those that are lost. The boot sector itself comes from elsewhere. */
export async function exfatRegion(
  view: ByteSource,
  sectorSize: number,
  lost: readonly Extent[],
): Promise<BootSubstitution[]> {
  const length = EXFAT_REGION * sectorSize
  const { bytes } = await readBytes(view, length, length)
  if (bytes.length < length || !isBootRegionIntact(bytes)) return []
  return Array.from({ length: EXFAT_REGION - 1 }, (_, i) => (i + 1) * sectorSize)
    .filter((at) => lost.some((e) => overlaps(e, extent(at, sectorSize))))
    .map((at) => ({ at, bytes: bytes.slice(at, at + sectorSize) }))
}

/** Up to here a FAT volume holds nothing that can look like noise: boot sectors, and tables of cluster numbers. */
export async function fatTablesEnd(
  view: ByteSource,
  { type, sectorSize, bootSectorAt }: FileSystem,
): Promise<number> {
  if (type === "exfat") return 2 * EXFAT_REGION * sectorSize
  const { bytes } = await readBytes(view, bootSectorAt, sectorSize)
  const [first, second = first] = readFatBootSector(bytes)?.fatsAt ?? []
  return first === undefined || second === undefined ? 0 : second + (second - first)
}

export function fatGoneFinding(lost: readonly Extent[]): Finding {
  const [first] = lost
  return {
    code: "fat-head-lost",
    severity: "damage",
    text: `the first ${totalLength(lost)} bytes held the file system's tables, which were kept in one place only: files behind them are intact, but their names and order are gone`,
    extent: first!,
    evidence: { from: hexRange(first!) },
  }
}
