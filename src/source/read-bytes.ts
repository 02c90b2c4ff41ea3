/** Small reads of structures: a fresh buffer, clipped to the source, with what could not be read beside it. */
import { type Extent, extent, intersect } from "../extents/extent.ts"
import type { ByteSource } from "./byte-source.ts"

export interface ReadBytes {
  /** Shorter than asked when the source ends before; unreadable bytes are zero. */
  readonly bytes: Uint8Array
  readonly unreadable: readonly Extent[]
}

/** Reads `length` bytes from `at`, less where the source ends. A position outside the source gives no bytes. */
export async function readBytes(
  source: ByteSource,
  at: number,
  length: number,
  signal?: AbortSignal,
): Promise<ReadBytes> {
  const inside = intersect(extent(at, length), extent(0, source.size))
  if (inside.length === 0 || inside.start !== at) return { bytes: new Uint8Array(0), unreadable: [] }
  const bytes = new Uint8Array(inside.length)
  const unreadable = await source.read(at, bytes, signal)
  return { bytes, unreadable }
}
