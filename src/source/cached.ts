/**
 * A small cache before a source, for readers of structures: many small reads near each other become few large ones. What
 * was unreadable is remembered too, so that a bad sector is tried once.
 */
import { type Extent, alignDown, extentBetween, intersect, mergeExtents } from "../extents/extent.ts"
import { assertInside } from "./bounds.ts"
import type { ByteSource } from "./byte-source.ts"

interface Block {
  readonly bytes: Uint8Array
  readonly unreadable: readonly Extent[]
}

export interface CacheOptions {
  /** Bytes read at once: a multiple of the sector size. */
  readonly blockSize?: number
  readonly blockCount?: number
}

/** Closing the cache does not close the source. */
export function cachedSource(
  source: ByteSource,
  { blockSize = 16384, blockCount = 64 }: CacheOptions = {},
): ByteSource {
  /** In order of last use. A block that is being read is there already, so that two readers wait for one read. */
  const blocks = new Map<number, Promise<Block>>()

  function blockAt(start: number): Promise<Block> {
    const block = blocks.get(start) ?? readBlock(start)
    blocks.delete(start)
    blocks.set(start, block)
    if (blocks.size > blockCount) blocks.delete(blocks.keys().next().value!)
    return block
  }

  async function readBlock(start: number): Promise<Block> {
    const bytes = new Uint8Array(Math.min(blockSize, source.size - start))
    try {
      return { bytes, unreadable: await source.read(start, bytes) }
    } catch (error) {
      blocks.delete(start)
      throw error
    }
  }

  return {
    size: source.size,
    sectorSize: source.sectorSize,
    ...(source.held && { held: source.held }),
    async read(at, into, signal) {
      assertInside(source.size, at, into.length)
      const end = at + into.length
      const unreadable: Extent[] = []
      for (let start = alignDown(at, blockSize); start < end; start += blockSize) {
        // Only between blocks: another reader may wait for the same one.
        signal?.throwIfAborted()
        const block = await blockAt(start)
        const part = extentBetween(Math.max(at, start), Math.min(end, start + blockSize))
        into.set(block.bytes.subarray(part.start - start, part.start - start + part.length), part.start - at)
        unreadable.push(...block.unreadable.map((e) => intersect(e, part)))
      }
      return mergeExtents(unreadable)
    },
    close: async () => {},
  }
}
