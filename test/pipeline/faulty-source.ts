/** A source in memory with unreadable extents, and a sink in memory: media that fail as told, for the inline lane. */
import { type Extent, extent, intersect } from "../../src/extents/extent.ts"
import type { ByteSource } from "../../src/source/byte-source.ts"

/** @param holes in positions of the source @param onRead sees each request before it is answered, and may throw */
export function faultySource(
  bytes: Uint8Array,
  holes: readonly Extent[],
  onRead: (at: number, length: number) => void = () => {},
): ByteSource {
  return {
    size: bytes.length,
    sectorSize: 512,
    async read(at, into) {
      onRead(at, into.length)
      into.set(bytes.subarray(at, at + into.length))
      const hit = holes.map((hole) => intersect(hole, extent(at, into.length))).filter((e) => e.length > 0)
      for (const hole of hit) into.fill(0, hole.start - at, hole.start - at + hole.length)
      return hit
    },
    close: async () => {},
  }
}
