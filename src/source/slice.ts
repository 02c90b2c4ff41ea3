/**
 * A part of a source as a source of its own: a partition of a disk, a volume at an offset. It may begin before its whole, as
 * a volume does whose image was begun too late: what is not there cannot be read.
 */
import { type Extent, endOf, extent } from "../extents/extent.ts"
import type { ByteSource } from "./byte-source.ts"
import { assertInside } from "./bounds.ts"
import { heldExtents } from "./held-extents.ts"

/**
 * The whole source stays its owner's: closing the slice does not close it.
 * @param part its start is negative where it begins before the whole
 * @param sectorSize of the slice: a volume may count in other sectors than the disk that holds it
 */
export function sliceSource(whole: ByteSource, part: Extent, sectorSize = whole.sectorSize): ByteSource {
  if (part.length < 0 || endOf(part) > whole.size) {
    throw new RangeError(`a slice of ${part.length} bytes at ${part.start} leaves a source of ${whole.size}`)
  }
  const missing = Math.max(0, -part.start)
  const reading =
    (read: ByteSource["read"]): ByteSource["read"] =>
    async (at, into, signal) => {
      assertInside(part.length, at, into.length)
      signal?.throwIfAborted()
      const lost = Math.min(into.length, Math.max(0, missing - at))
      into.fill(0, 0, lost)
      const head = lost > 0 ? [extent(at, lost)] : []
      if (lost === into.length) return head
      const unreadable = await read(part.start + at + lost, into.subarray(lost), signal)
      return [...head, ...unreadable.map((e) => extent(e.start - part.start, e.length))]
    }
  const isWhole = missing === 0 && whole.held === undefined
  const held = heldExtents(whole, part).map((e) => extent(e.start - part.start, e.length))
  return {
    size: part.length,
    sectorSize,
    ...(!isWhole && { held }),
    read: reading(whole.read.bind(whole)),
    ...(whole.readOnce && { readOnce: reading(whole.readOnce.bind(whole)) }),
    close: async () => {},
  }
}
