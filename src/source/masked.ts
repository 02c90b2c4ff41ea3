/**
 * A source of which some parts are known to hold nothing: an image that an earlier tool could not fill everywhere. What
 * stands there, zeros or a pattern or what the file held before, is not the drive's: it is unreadable, and never read.
 */
import { type Extent, endOf, extent, intersect, mergeExtents } from "../extents/extent.ts"
import { assertInside } from "./bounds.ts"
import type { ByteSource } from "./byte-source.ts"

/** The whole source stays its owner's: closing the masked one does not close it. */
export function maskedSource(whole: ByteSource, missing: readonly Extent[]): ByteSource {
  const holes = mergeExtents(missing)
  const reading =
    (read: ByteSource["read"]): ByteSource["read"] =>
    async (at, into, signal) => {
      assertInside(whole.size, at, into.length)
      const asked = extent(at, into.length)
      const unreadable: Extent[] = []
      let next = at
      for (const hole of holesIn(holes, asked)) {
        const kept = into.subarray(next - at, hole.start - at)
        if (kept.length > 0) unreadable.push(...(await read(next, kept, signal)))
        into.fill(0, hole.start - at, endOf(hole) - at)
        unreadable.push(hole)
        next = endOf(hole)
      }
      if (next < endOf(asked)) unreadable.push(...(await read(next, into.subarray(next - at), signal)))
      return mergeExtents(unreadable)
    }
  return {
    size: whole.size,
    sectorSize: whole.sectorSize,
    read: reading(whole.read.bind(whole)),
    ...(whole.readOnce && { readOnce: reading(whole.readOnce.bind(whole)) }),
    close: async () => {},
  }
}

/** The parts of the holes that lie in `asked`; a drive may have hundreds of thousands of them. */
function holesIn(holes: readonly Extent[], asked: Extent): Extent[] {
  let low = 0
  let high = holes.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (endOf(holes[middle]!) <= asked.start) low = middle + 1
    else high = middle
  }
  const found: Extent[] = []
  for (let i = low; i < holes.length && holes[i]!.start < endOf(asked); i++) {
    const part = intersect(holes[i]!, asked)
    if (part.length > 0) found.push(part)
  }
  return found
}
