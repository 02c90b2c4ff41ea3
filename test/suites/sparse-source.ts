/** A source of any size that is zero but for a few pieces: a disk of 33 TiB takes no memory. */
import { type Extent, extent, intersect } from "../../src/extents/extent.ts"
import type { ByteSource } from "../../src/source/index.ts"

export interface Piece {
  readonly at: number
  readonly bytes: Uint8Array
}

export function sparseSource(size: number, pieces: readonly Piece[], sectorSize = 512): ByteSource {
  const placed = pieces.map(({ at, bytes }): Extent & Piece => ({ at, bytes, ...extent(at, bytes.length) }))
  return {
    size,
    sectorSize,
    async read(at, into, signal) {
      signal?.throwIfAborted()
      if (at < 0 || at + into.length > size) throw new RangeError(`no ${into.length} bytes at ${at}`)
      into.fill(0)
      for (const piece of placed) {
        const part = intersect(piece, extent(at, into.length))
        const from = part.start - piece.start
        if (part.length > 0) into.set(piece.bytes.subarray(from, from + part.length), part.start - at)
      }
      return []
    },
    close: async () => {},
  }
}
