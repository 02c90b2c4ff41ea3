/** A medium with bad sectors, in memory: seeded, so that a failure can be repeated. */
import {
  type Extent,
  alignDown,
  alignUp,
  endOf,
  extent,
  extentBetween,
  intersect,
  mergeExtents,
  overlaps,
} from "../../src/extents/extent.ts"
import { type ByteSource, memorySource } from "../../src/source/index.ts"
import { randomBytes } from "./random-bytes.ts"

/** Whole sectors of a source of `size` bytes, about one in `oneIn`. */
export function badSectors(size: number, sectorSize: number, { oneIn = 16, seed = 1 } = {}): Extent[] {
  const dice = randomBytes(Math.ceil(size / sectorSize), seed)
  const bad = [...dice.keys()].filter((i) => dice[i]! % oneIn === 0)
  return mergeExtents(bad.map((i) => extent(i * sectorSize, Math.min(sectorSize, size - i * sectorSize))))
}

/** Reads as `bytes` do, but for the extents, which are zero and reported: clipped to each request. */
export function faultySource(bytes: Uint8Array, unreadable: readonly Extent[], sectorSize = 512): ByteSource {
  const medium = memorySource(bytes, sectorSize)
  return {
    ...medium,
    async read(at, into, signal) {
      await medium.read(at, into, signal)
      const wanted = extent(at, into.length)
      const hit = unreadable.map((e) => intersect(e, wanted)).filter((e) => e.length > 0)
      for (const { start, length } of hit) into.fill(0, start - at, start - at + length)
      return hit
    },
  }
}

/**
 * The system's side of bad media, as measured on Linux. Direct: one bad sector fails the whole request. Buffered: its
 * whole page is bad, and the request ends short before that page, or fails when it starts in it.
 */
export function faultyPread(
  bytes: Uint8Array,
  unreadable: readonly Extent[],
  mode: "direct" | "buffered",
): (at: number, into: Uint8Array) => number {
  const unit = mode === "direct" ? 1 : 4096
  const bad = unreadable.map((e) => extentBetween(alignDown(e.start, unit), alignUp(endOf(e), unit)))
  return (at, into) => {
    const part = bytes.subarray(at, at + into.length)
    const first = bad.find((e) => overlaps(e, extent(at, part.length)))
    if (first && (mode === "direct" || first.start <= at)) {
      throw Object.assign(new Error("i/o error"), { code: "EIO" })
    }
    const count = first ? first.start - at : part.length
    into.set(part.subarray(0, count))
    return count
  }
}
