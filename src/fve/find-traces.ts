/**
 * The search of one piece of a source: candidates, then traces. Pieces follow each other without overlapping starts; the bytes
 * behind a piece are there so that whatever starts in it is seen whole, but for metadata blocks, whose area is longer than
 * the piece may be and is read when one is met.
 */
import { AREA_SIZE } from "./metadata-block.ts"
import { mayBeMetadataBlock, recogniseBlock } from "./recognise-block.ts"
import { recogniseTrace } from "./recognise-trace.ts"
import type { FindCandidates, Reach, SearchWindow } from "./trace-candidates.ts"
import type { Trace } from "./trace.ts"

/** Bytes behind a piece: the largest datum that counts, and more than a boot sector. */
export const SEARCH_MARGIN = 4096

export interface TraceSearch {
  readonly find: FindCandidates
  readonly reach: Reach
  /** Up to that many bytes of the source, fewer where it ends. */
  readonly read: (at: number, length: number) => Promise<Uint8Array>
}

/** @param position of the window in the source, on a sector */
export async function findTraces(
  window: SearchWindow,
  position: number,
  { find, reach, read }: TraceSearch,
): Promise<Trace[]> {
  const traces: Trace[] = []
  for (const start of find(window, reach)) {
    const bytes = window.bytes.subarray(start)
    const at = position + start
    const trace = mayBeMetadataBlock(bytes)
      ? recogniseBlock(await wholeArea(bytes, at, read), at)
      : recogniseTrace(bytes, at)
    if (trace) traces.push(trace)
  }
  return traces
}

async function wholeArea(bytes: Uint8Array, at: number, read: TraceSearch["read"]): Promise<Uint8Array> {
  return bytes.length >= AREA_SIZE ? bytes.subarray(0, AREA_SIZE) : read(at, AREA_SIZE)
}
