/**
 * Which lanes a scan gets: threads, whose reads hold nobody up (measured: twice the speed of reads that this thread waits for),
 * and keep no Ctrl-C from being heard. What is open already, or small, is scanned inline.
 */
import type { Extent } from "../extents/extent.ts"
import type { ByteSource } from "../source/byte-source.ts"
import { type ScanLane, type ScanSetup, makeScanTools, scanExtent } from "./scan-lane.ts"
import type { ScanRequest } from "./scan-source.ts"
import type { Scanned } from "./scan-state.ts"
import { openScanThread } from "./scan-threads.ts"
import { isDevice } from "./source-facts.ts"

/** Two keep a disk busy: one reads while the other one searches. */
const LANES = 2
/** Below this, the scan has ended before a thread is there. */
const WORTH_THREADS = 64 << 20
/** What comes from the page cache stays in a processor's own, piece by piece; a disk is asked for more at once. */
const FILE_PIECE = 512 << 10
const DEVICE_PIECE = 4 << 20
/** What a lane is given at once. Of a cached file so much is read in a millisecond, and the way to the lane and back counts. */
const EXTENT = 8 << 20
const LARGE_FILE = 1 << 30
const EXTENT_OF_LARGE_FILE = 32 << 20

export function extentSizeFor(asked: ScanRequest["source"], { size }: ByteSource): number {
  const isFile = "kind" in asked && !isDevice(asked)
  return isFile && size >= LARGE_FILE ? EXTENT_OF_LARGE_FILE : EXTENT
}

/** @param source the one that was asked for, open */
export function openScanLanes(
  { source: asked, reach, lanes, readTimeoutMs, signal }: ScanRequest,
  source: ByteSource,
): ScanLane[] {
  if (!("kind" in asked)) return [openInline(source, { reach, pieceSize: FILE_PIECE }, signal)]
  const mayHang = isDevice(asked)
  const setup = { reach, pieceSize: mayHang ? DEVICE_PIECE : FILE_PIECE, source: asked, readTimeoutMs }
  const count = lanes ?? (mayHang || source.size >= WORTH_THREADS ? LANES : 0)
  if (count === 0) return [openInline(source, setup, signal)]
  return Array.from({ length: count }, () => openScanThread(setup))
}

function openInline(source: ByteSource, setup: ScanSetup, signal: AbortSignal | undefined): ScanLane {
  const tools = makeScanTools(source, setup)
  let last: Promise<unknown> = Promise.resolve()
  return {
    scan(extent: Extent): Promise<Scanned> {
      const scanned = last.then(() => scanExtent(extent, tools, signal))
      last = scanned.catch(() => {})
      return scanned
    },
    close: async () => {},
    abandon() {},
  }
}
