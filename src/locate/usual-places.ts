/**
 * Where the structures of a volume are on most volumes, so that looking there costs a few megabytes instead of a scan. Seen on
 * volumes of Windows Vista to 11: copy 1 in the MiB after 0x2100000 or near a third of a small volume, the others at 0.44 and
 * 0.55 of small ones.
 */
import { type Extent, alignDown, extent, extentBetween, intersect, mergeExtents } from "../extents/extent.ts"

const SECTOR = 512
const SECTOR_SIZES = [512, 4096]
/** Of FAT32, in which To Go volumes keep the backup of their first sector. */
const FAT32_BACKUP = 6
const KIB = 1 << 10
const FIRST_COPY = { start: 0x2100000, length: 2 << 20 }
/** Share of the volume, and how far on both sides of it. */
const NEAR = [
  { share: 1 / 3, reach: 512 * KIB },
  { share: 0.44, reach: 256 * KIB },
  { share: 0.55, reach: 256 * KIB },
]

/** In ascending order, in sectors counted from the start of the volume. */
export function usualPlaces(volume: Extent): Extent[] {
  const { start, length } = volume
  const around = NEAR.map(({ share, reach }) => {
    const middle = start + alignDown(Math.floor(length * share), SECTOR)
    return extentBetween(middle - reach, middle + reach)
  })
  const sectors = SECTOR_SIZES.flatMap((size) => [
    extent(start + FAT32_BACKUP * size, SECTOR),
    // Vista's backup boot sector.
    extent(start + alignDown(length, size) - size, SECTOR),
  ])
  const places = [extent(start + FIRST_COPY.start, FIRST_COPY.length), ...around, ...sectors]
  return mergeExtents(places.map((place) => intersect(place, volume)))
}
