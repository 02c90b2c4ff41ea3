/**
 * Which lanes a run gets. The first works inline and at once, while the threads of the others still load (measured: 50 ms
 * of processor time each); what is open already, must be written in order, or is small, needs no other. A device is read by
 * threads only: a read that hangs must not keep this thread from hearing Ctrl-C.
 */
import { openSink } from "../sink/open-sink.ts"
import type { PositionalSink, SinkSpec } from "../sink/positional-sink.ts"
import type { ByteSource, SourceSpec } from "../source/byte-source.ts"
import { openSource } from "../source/open-source.ts"
import { type LaneEnds, openInlineLane } from "./inline.ts"
import type { Lane } from "./lane.ts"
import type { LaneSetup } from "./lane-setup.ts"
import { type OutputDigest, digestByReadingBack, digestInOrder } from "./output-digest.ts"
import type { RunRequest } from "./run-request.ts"
import { type WarmThreads, openThreadLane, usualLaneCount, warmThreads } from "./threads.ts"

export interface OpenLanes {
  readonly lanes: readonly Lane[]
  readonly digest?: OutputDigest | undefined
  /** Everything written is on the medium when this resolves. */
  sync(): Promise<void>
}

/** Below this, one lane has done the work before a second one is there. */
const WORTH_THREADS = 64 << 20

/** The threads that a run with so many lanes will take, unless it is a small one: its first lane is inline. */
export function warmThreadsFor(lanes: number = usualLaneCount()): WarmThreads {
  return warmThreads(lanes - 1)
}

function laneCountFor(size: number): number {
  return size < WORTH_THREADS ? 1 : usualLaneCount()
}

export async function openLanes(request: RunRequest, setup: LaneSetup): Promise<OpenLanes> {
  const { source, sink, extent, hash, crypto } = request
  const inAnyOrder = "kind" in sink && !mustBeOrdered(sink, hash)
  if (!("kind" in source) || !inAnyOrder) return openAlone(request, setup)
  const count = request.lanes ?? laneCountFor(extent.length)
  const mayHang = isDevice(source)
  if (count === 1 && !mayHang) return openAlone(request, setup)

  const inline = mayHang ? [] : [openInlineLane(setup, crypto, await openEnds(source, sink))]
  const threads = Array.from({ length: count - inline.length }, () =>
    openThreadLane({ ...setup, source, sink }, request.threads?.take()),
  )
  return {
    lanes: [...inline, ...threads],
    digest:
      hash && "path" in sink ? digestByReadingBack({ path: sink.path, size: extent.length }) : undefined,
    async sync() {
      const own = await openSink(sink)
      try {
        await own.sync()
      } finally {
        await own.close()
      }
    },
  }
}

/** One lane, in this thread: it writes in ascending order. */
async function openAlone({ source, sink, hash, crypto }: RunRequest, setup: LaneSetup): Promise<OpenLanes> {
  const ends = await openEnds(source, sink)
  const hashed = hash && digestInOrder(ends.sink)
  const lane = openInlineLane(setup, crypto, hashed ? { ...ends, sink: hashed.sink } : ends)
  return { lanes: [lane], digest: hashed?.digest, sync: () => ends.sink.sync() }
}

/** A pipe takes bytes as they come, and of what is discarded nothing can be read back. */
function mustBeOrdered(sink: SinkSpec, hash: RunRequest["hash"]): boolean {
  return sink.kind === "stdout" || (sink.kind === "discard" && hash !== undefined)
}

function isDevice(source: SourceSpec): boolean {
  return source.kind === "slice" ? isDevice(source.of) : source.kind === "device"
}

async function openEnds(source: RunRequest["source"], sink: RunRequest["sink"]): Promise<LaneEnds> {
  const ownSource = "kind" in source ? await openSource(source) : undefined
  try {
    const ownSink = "kind" in sink ? await openSink(sink) : undefined
    return {
      source: ownSource ?? (source as ByteSource),
      sink: ownSink ?? (sink as PositionalSink),
      close: async () => void (await Promise.all([ownSource?.close(), ownSink?.close()])),
    }
  } catch (error) {
    await ownSource?.close()
    throw error
  }
}
