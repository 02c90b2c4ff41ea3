/** A part of a source as a source of its own: a partition of a disk, a volume at an offset. */
import { type Extent, endOf } from "../extents/extent.ts"
import type { ByteSource } from "./byte-source.ts"
import { assertInside } from "./bounds.ts"

/**
 * The whole source stays its owner's: closing the slice does not close it.
 * @param sectorSize of the slice: a volume may count in other sectors than the disk that holds it
 */
export function sliceSource(whole: ByteSource, part: Extent, sectorSize = whole.sectorSize): ByteSource {
  if (part.start < 0 || part.length < 0 || endOf(part) > whole.size) {
    throw new RangeError(`a slice of ${part.length} bytes at ${part.start} leaves a source of ${whole.size}`)
  }
  return {
    size: part.length,
    sectorSize,
    async read(at, into, signal) {
      assertInside(part.length, at, into.length)
      const unreadable = await whole.read(part.start + at, into, signal)
      return unreadable.map((e) => ({ start: e.start - part.start, length: e.length }))
    },
    close: async () => {},
  }
}
