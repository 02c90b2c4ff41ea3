/** Room for what the volume adds to its file system: metadata copies, the head's backup, encrypt-on-write structures. */
import { isAllZero } from "../../src/bytes/compare.ts"
import {
  alignUp,
  endOf,
  type Extent,
  extent,
  extentBetween,
  mergeExtents,
  subtractExtents,
} from "../../src/extents/extent.ts"

export interface FreeRoom {
  /** The free place of that length and alignment that is nearest to `near`; it is not free any more. */
  take(length: number, alignment: number, near: number): number
}

export function freeRoom(free: readonly Extent[]): FreeRoom {
  let rest = [...free]
  return {
    take(length, alignment, near) {
      const places = rest.flatMap((hole) => nearestIn(hole, length, alignment, near))
      if (places.length === 0) throw new RangeError(`no free room for ${length} bytes`)
      const at = places.reduce((best, place) =>
        Math.abs(place - near) < Math.abs(best - near) ? place : best,
      )
      rest = rest.flatMap((hole) => subtractExtents(hole, [extent(at, length)]))
      return at
    },
  }
}

function nearestIn(hole: Extent, length: number, alignment: number, near: number): number[] {
  const first = alignUp(hole.start, alignment)
  const last = endOf(hole) - length - ((endOf(hole) - length) % alignment)
  if (last < first) return []
  const wanted = Math.min(last, Math.max(first, near))
  return [wanted - (wanted % alignment)].map((at) => Math.max(first, at))
}

/** Runs of zeros, where any file system is unlikely to have data: for plaintext without a map of its own. */
export function zeroRuns(image: Uint8Array, unit = 4096): Extent[] {
  const runs: Extent[] = []
  for (let at = 0; at + unit <= image.length; at += unit) {
    if (isAllZero(image.subarray(at, at + unit))) runs.push(extentBetween(at, at + unit))
  }
  return mergeExtents(runs)
}
