/**
 * What one worker of a scan does: read a piece, search it, next piece. Sources that fail in places are searched around them:
 * unreadable bytes are zeros, and a structure that was cut by them is met in its readable parts.
 */
import { type Extent, endOf, extent, intersect, mergeExtents } from "../extents/extent.ts"
import { SEARCH_MARGIN, findTraces } from "../fve/find-traces.ts"
import type { Reach, Trace } from "../fve/index.ts"
import type { ByteSource } from "../source/byte-source.ts"
import { readBytes } from "../source/read-bytes.ts"
import { type ScanKernel, openScanKernel } from "./scan-kernel.ts"
import type { Scanned } from "./scan-state.ts"

export interface ScanLane {
  /** One extent after the other, in the order given. @throws SourceError when the source is gone */
  scan(extent: Extent): Promise<Scanned>
  close(): Promise<void>
  /** Leaves a lane that hangs in a read; nothing waits for it any more. */
  abandon(): void
}

export interface ScanTools {
  readonly source: ByteSource
  readonly kernel: ScanKernel
  readonly reach: Reach
  readonly pieceSize: number
}

export interface ScanSetup {
  readonly reach: Reach
  /** Bytes that one read asks for: a multiple of 4096. */
  readonly pieceSize: number
}

export function makeScanTools(source: ByteSource, { reach, pieceSize }: ScanSetup): ScanTools {
  return { source, kernel: openScanKernel(pieceSize + SEARCH_MARGIN), reach, pieceSize }
}

export async function scanExtent(whole: Extent, tools: ScanTools, signal?: AbortSignal): Promise<Scanned> {
  const { source, kernel, reach, pieceSize } = tools
  const unreadable: Extent[] = []
  const traces: Trace[] = []
  const read = async (at: number, length: number): Promise<Uint8Array> =>
    (await readBytes(source, at, length, signal)).bytes

  for (let at = whole.start; at < endOf(whole); at += pieceSize) {
    const piece = intersect(extent(at, pieceSize), whole)
    const bytes = kernel.buffer.subarray(0, Math.min(piece.length + SEARCH_MARGIN, source.size - at))
    unreadable.push(...(await source.read(at, bytes, signal)).map((e) => intersect(e, piece)))
    traces.push(
      ...(await findTraces({ bytes, starts: piece.length }, at, { find: kernel.find, reach, read })),
    )
  }
  return { extent: whole, unreadable: mergeExtents(unreadable), traces }
}
