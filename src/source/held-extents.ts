/** Where a search of a source is worth its reads: what is known to hold nothing may be thousands of times as large. */
import {
  type Extent,
  alignDown,
  alignUp,
  clipExtents,
  endOf,
  extent,
  extentBetween,
} from "../extents/extent.ts"
import type { ByteSource } from "./byte-source.ts"

/** The parts of `within` that the source holds, in whole units, ascending. */
export function heldExtents(
  { size, held }: Pick<ByteSource, "size" | "held">,
  within: Extent = extent(0, size),
  unit = 1,
): Extent[] {
  return clipExtents(held ?? [extent(0, size)], within)
    .map((e) => extentBetween(alignUp(e.start, unit), alignDown(endOf(e), unit)))
    .filter(({ length }) => length > 0)
}
