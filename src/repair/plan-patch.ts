/**
 * From the structures that a volume has to have to the patch that puts them there: only sectors that differ become edits.
 * Reading and planning are apart, so that a dry run shows the very patch that would be written.
 */
import { equalBytes } from "../bytes/compare.ts"
import {
  type Extent,
  alignDown,
  alignUp,
  endOf,
  extent,
  extentBetween,
  hexRange,
  mergeExtents,
  overlaps,
} from "../extents/extent.ts"
import { MetadataError } from "../errors.ts"
import type { Edit, Patch, PatchIdentity } from "../fve/index.ts"
import type { ByteSource } from "../source/byte-source.ts"

/** Bytes that belong at a place in the volume. */
export interface Structure {
  /** In words: "metadata copy 2". */
  readonly what: string
  /** Bytes from the start of the volume. */
  readonly at: number
  readonly bytes: Uint8Array
}

/** The sectors of the source in which a structure belongs, as they are. */
export interface FoundSectors {
  /** Bytes from the start of the source. */
  readonly at: number
  readonly bytes: Uint8Array
  readonly unreadable: readonly Extent[]
}

/** Of the structures as far as the source holds their place, in the same order. */
export async function surveySectors(
  source: ByteSource,
  structures: readonly Structure[],
  volumeOffset: number,
  signal?: AbortSignal,
): Promise<FoundSectors[]> {
  const found: FoundSectors[] = []
  for (const structure of structures) {
    const { start, length } = sectorsOf(structure, volumeOffset, source.sectorSize)
    const bytes = new Uint8Array(length)
    const unreadable = await source.read(start, bytes, signal)
    found.push({ at: start, bytes, unreadable })
  }
  return found
}

/** Whether the source holds every sector of the structure. */
export function isInside(
  structure: Structure,
  { volumeOffset, sectorSize, sourceSize }: PatchIdentity,
): boolean {
  const sectors = sectorsOf(structure, volumeOffset, sectorSize)
  return sectors.start >= 0 && endOf(sectors) <= sourceSize
}

export interface PlannedPatch {
  readonly patch: Patch
  /** Sectors of the source that a structure needs and that cannot be read: what they hold could not be put back. */
  readonly unreadable: readonly Extent[]
}

/**
 * @param structures in the order in which they are to be written
 * @param found what stands in their places, one for each
 * @throws MetadataError when two of them lie in one place: what is known of the volume cannot be right then
 */
export function planPatch(
  identity: PatchIdentity,
  structures: readonly Structure[],
  found: readonly FoundSectors[],
): PlannedPatch {
  refuseOverlaps(structures, found)
  const edits = structures.flatMap(({ what, at, bytes }, i): Edit[] => {
    const { at: start, bytes: before } = found[i]!
    const after = before.slice()
    after.set(bytes, identity.volumeOffset + at - start)
    return differingRuns(before, after, identity.sectorSize).map((run) => ({
      at: start + run.start,
      what,
      before: before.slice(run.start, endOf(run)),
      after: after.slice(run.start, endOf(run)),
    }))
  })
  return {
    patch: { identity, edits },
    unreadable: mergeExtents(found.flatMap(({ unreadable }) => unreadable)),
  }
}

function sectorsOf({ at, bytes }: Structure, volumeOffset: number, sectorSize: number): Extent {
  const start = volumeOffset + at
  return extentBetween(alignDown(start, sectorSize), alignUp(start + bytes.length, sectorSize))
}

function differingRuns(before: Uint8Array, after: Uint8Array, sectorSize: number): Extent[] {
  const sectors: Extent[] = []
  for (let at = 0; at < before.length; at += sectorSize) {
    const end = at + sectorSize
    if (!equalBytes(before.subarray(at, end), after.subarray(at, end))) sectors.push(extent(at, sectorSize))
  }
  return mergeExtents(sectors)
}

function refuseOverlaps(structures: readonly Structure[], found: readonly FoundSectors[]): void {
  const places = found.map(({ at, bytes }) => extent(at, bytes.length))
  for (const [i, place] of places.entries()) {
    const other = places.findIndex((one) => overlaps(one, place))
    if (other === i) continue
    const names = [structures[other]!.what, structures[i]!.what]
    throw new MetadataError(
      "structures-overlap",
      `${names.join(" and ")} would lie in one place, ${hexRange(place)}`,
      {
        next: ["do not repair this drive in place: decrypt it to an OUTPUT, and look at what proof says"],
        data: { structures: names },
      },
    )
  }
}
