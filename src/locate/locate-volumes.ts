/**
 * Finds BitLocker volumes in an input by what is in its usual places: the first sector, and the first sector of every
 * partition. An image carries no sector size and USB enclosures change it, so partition tables are read at 512 and 4096
 * bytes; a table read at the wrong size finds nothing, or places that hold no boot sector.
 */
import { type Extent, endOf, extent, extentBetween, intersect } from "../extents/extent.ts"
import { type FveBootSector, recogniseBootSector } from "../fve/index.ts"
import { type PartitionTable, readPartitionTables } from "../partition/index.ts"
import type { ByteSource } from "../source/byte-source.ts"
import { readBytes } from "../source/read-bytes.ts"

export interface VolumePlace {
  /** Where the volume is in the source, as far as the source holds it. */
  readonly extent: Extent
  /** The partition's own length, when it is longer than what the source holds. */
  readonly fullSize?: number
  /** What tells it apart from others: "GPT partition 3, Basic data partition". */
  readonly where: string
  readonly boot: FveBootSector
}

/** The volumes in the order of their places. */
export async function locateVolumes(source: ByteSource, signal?: AbortSignal): Promise<VolumePlace[]> {
  const whole = extent(0, source.size)
  const boot = await readBootSector(source, 0, signal)
  // A boot sector in the first place means that there is no partition table: its boot code would be read as one.
  if (boot) return [{ extent: whole, where: "the whole input", boot }]
  const places = new Map<number, VolumePlace>()
  for (const table of await readPartitionTables(source)) {
    for (const partition of table.partitions) {
      const start = partition.extent.start
      const partitionBoot = places.has(start) ? undefined : await readBootSector(source, start, signal)
      if (!partitionBoot) continue
      const held = intersect(partition.extent, whole)
      places.set(start, {
        extent: held,
        ...(held.length < partition.extent.length && { fullSize: partition.extent.length }),
        where: describe(table, partition),
        boot: partitionBoot,
      })
    }
  }
  return [...places.values()].sort((a, b) => a.extent.start - b.extent.start)
}

/** The volume that somebody says is at `offset`; `undefined` when no boot sector of BitLocker is there. */
export async function volumeAt(
  source: ByteSource,
  offset: number,
  size?: number,
  signal?: AbortSignal,
): Promise<VolumePlace | undefined> {
  const boot = await readBootSector(source, offset, signal)
  if (!boot) return undefined
  const asked = size === undefined ? extentBetween(offset, source.size) : extent(offset, size)
  const held = intersect(asked, extent(0, source.size))
  return {
    extent: held,
    ...(endOf(asked) > source.size && { fullSize: asked.length }),
    where: "the offset that was given",
    boot,
  }
}

async function readBootSector(
  source: ByteSource,
  at: number,
  signal: AbortSignal | undefined,
): Promise<FveBootSector | undefined> {
  const { bytes } = await readBytes(source, at, 512, signal)
  return bytes.length === 512 ? recogniseBootSector(bytes) : undefined
}

function describe(table: PartitionTable, partition: PartitionTable["partitions"][number]): string {
  const name = partition.name ? `, ${partition.name}` : ""
  return `${table.kind.toUpperCase()} partition ${partition.index}${name}`
}
