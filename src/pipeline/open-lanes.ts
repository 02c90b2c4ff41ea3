/**
 * Which lanes a run gets. Of a file the first works inline and at once, while the threads of the others still load
 * (measured: 50 ms of processor time each); what is open already, must be written in order, or is small, needs no other. A
 * device is read by processes only: a read that hangs can be left with its process, and with nothing else.
 */
import { openSink } from "../sink/open-sink.ts"
import type { PositionalSink, SinkSpec } from "../sink/positional-sink.ts"
import type { SourceSpec } from "../source/byte-source.ts"
import { openSource } from "../source/open-source.ts"
import { type LaneEnds, openInlineLane } from "./inline.ts"
import type { Lane } from "./lane.ts"
import type { LaneSetup } from "./lane-setup.ts"
import { type OutputDigest, digestByReadingBack, digestInOrder } from "./output-digest.ts"
import type { RunRequest } from "./run-request.ts"
import { isDevice } from "./source-facts.ts"
import type { Stop } from "./stop.ts"
import { type WarmThreads, openThreadLane, usualLaneCount, warmThreads } from "./threads.ts"

export interface OpenLanes {
  readonly lanes: readonly Lane[]
  /** Every byte is written once, in ascending order. */
  readonly isOrdered: boolean
  readonly digest?: OutputDigest | undefined
  /** Lanes over a source that is somewhere else now. */
  reopen(source: RunRequest["source"]): Promise<readonly Lane[]>
  /**
   * Open from before the first write to the end: a sync tells only of errors that its own descriptor was there for
   * (fsync(2)).
   */
  readonly sink: PositionalSink
  /** Of what belongs to no lane. */
  close(): Promise<void>
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

export async function openLanes(request: RunRequest, setup: LaneSetup, stop: Stop): Promise<OpenLanes> {
  const { source, sink: target, hash, extent } = request
  const isOrdered = mustBeOrdered(request)
  const ownSink = "kind" in target ? await openSink(target) : undefined
  const sink = ownSink ?? (target as PositionalSink)
  const hashed = isOrdered && hash ? digestInOrder(sink) : undefined
  const openFor = (from: RunRequest["source"]): Promise<readonly Lane[]> =>
    "kind" in from && "kind" in target && !isOrdered
      ? openMany(request, from, target, setup, stop)
      : openAlone(request, from, hashed?.sink ?? sink, setup)
  try {
    return {
      lanes: await openFor(source),
      isOrdered,
      digest:
        hash && "path" in target
          ? digestByReadingBack({ path: target.path, size: extent.length })
          : hashed?.digest,
      reopen: openFor,
      sink,
      close: async () => ownSink?.close(),
    }
  } catch (error) {
    await ownSink?.close()
    throw error
  }
}

/** One lane, in this thread: what it is given open stays open. */
async function openAlone(
  { crypto }: RunRequest,
  from: RunRequest["source"],
  sink: PositionalSink,
  setup: LaneSetup,
): Promise<readonly Lane[]> {
  const source = "kind" in from ? await openSource(from) : from
  const close = async (): Promise<void> => ("kind" in from ? source.close() : undefined)
  return [openInlineLane(setup, crypto, { source, sink, close })]
}

/** As many as are worth it; each opens its own ends. */
async function openMany(
  { lanes, extent, crypto, threads, reading }: RunRequest,
  source: SourceSpec,
  sink: SinkSpec,
  setup: LaneSetup,
  stop: Stop,
): Promise<readonly Lane[]> {
  const count = lanes ?? laneCountFor(extent.length)
  if (isDevice(source)) {
    // Loaded only here, since it takes 3 ms of every start.
    const { openProcessLane } = await import("./processes.ts")
    const options = { readTimeoutMs: reading?.readTimeoutMs, stopped: stop.stopped }
    return Array.from({ length: count }, () => openProcessLane({ ...setup, source, sink }, options))
  }
  const first = openInlineLane(setup, crypto, await openEnds(source, sink))
  const others = Array.from({ length: count - 1 }, () =>
    openThreadLane({ ...setup, source, sink }, threads?.take()),
  )
  return [first, ...others]
}

/** A pipe takes bytes as they come, and of what is discarded nothing can be read back. */
function mustBeOrdered({ sink, hash, inAnyOrder }: RunRequest): boolean {
  if (!("kind" in sink)) return !inAnyOrder
  return sink.kind === "stdout" || (sink.kind === "discard" && hash !== undefined)
}

async function openEnds(source: SourceSpec, sink: SinkSpec): Promise<LaneEnds> {
  const ownSource = await openSource(source)
  try {
    const ownSink = await openSink(sink)
    return {
      source: ownSource,
      sink: ownSink,
      close: async () => void (await Promise.all([ownSource.close(), ownSink.close()])),
    }
  } catch (error) {
    await ownSource.close()
    throw error
  }
}
