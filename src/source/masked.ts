/**
 * A source of which some parts are known to hold nothing: an image that an earlier tool could not fill everywhere. What
 * stands there, zeros or a pattern or what the file held before, is not the drive's: it is unreadable, and never read.
 */
import { type Extent, clipExtents, endOf, extent, mergeExtents, subtractExtents } from "../extents/extent.ts"
import { assertInside } from "./bounds.ts"
import type { ByteSource } from "./byte-source.ts"

/** The whole source stays its owner's: closing the masked one does not close it. */
export function maskedSource(whole: ByteSource, missing: readonly Extent[]): ByteSource {
  const holes = mergeExtents(missing)
  const reading =
    (read: ByteSource["read"]): ByteSource["read"] =>
    async (at, into, signal) => {
      assertInside(whole.size, at, into.length)
      signal?.throwIfAborted()
      const asked = extent(at, into.length)
      const unreadable: Extent[] = []
      let next = at
      for (const hole of clipExtents(holes, asked)) {
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
    held: subtractExtents(extent(0, whole.size), holes),
    read: reading(whole.read.bind(whole)),
    ...(whole.readOnce && { readOnce: reading(whole.readOnce.bind(whole)) }),
    close: async () => {},
  }
}
