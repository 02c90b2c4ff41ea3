/**
 * The scan of a whole source for traces of BitLocker, at the speed of the disk. Lanes take extents that follow each other, so
 * that a disk is read nearly in order; here is the state, and the end: when all is scanned, when enough was found, when
 * somebody asks to stop, or when the source is gone. What was scanned once is not scanned again.
 */
import { type Extent, endOf, extent, intersect, subtractExtents } from "../extents/extent.ts"
import type { Reach, Trace } from "../fve/index.ts"
import type { ByteSource, SourceSpec } from "../source/byte-source.ts"
import { USUAL_READ_TIMEOUT_MS } from "../source/descriptor.ts"
import { openSource } from "../source/open-source.ts"
import { openMailbox } from "./mailbox.ts"
import type { ScanLane } from "./scan-lane.ts"
import { extentSizeFor, openScanLanes } from "./scan-lanes.ts"
import { type ScanState, type Scanned, newScan, scannedBytes, withScanned } from "./scan-state.ts"
import { type Stop, watchForStop } from "./stop.ts"

export interface ScanRequest {
  /** An open source is read inline, and stays open. */
  readonly source: SourceSpec | ByteSource
  readonly reach: Reach
  /** Of an earlier scan of the same source, which goes on. */
  readonly state?: ScanState | undefined
  /** Whether these traces make it needless to look at the rest. Absent: never. */
  readonly isEnough?: ((traces: readonly Trace[]) => boolean) | undefined
  /** A read of a device that takes longer counts as failed; a minute when absent. */
  readonly readTimeoutMs?: number | undefined
  /** Worker threads; chosen from the size when absent, 0 for none. */
  readonly lanes?: number | undefined
  readonly signal?: AbortSignal | undefined
  /** About four times a second, and at the end. */
  readonly onProgress?: ((state: ScanState) => void) | undefined
}

export interface ScanResult {
  readonly state: ScanState
  /** The rest was left out, because enough was found. */
  readonly endedEarly: boolean
  /** Why the scan ended early: the signal's reason, or the error of the source. */
  readonly stopped?: unknown
}

/** One is scanned while the next waits, so that no lane idles on a round trip. */
const EXTENTS_PER_LANE = 2
const PROGRESS_MS = 250

/** @throws SourceError when the source cannot be opened */
export async function scanSource(request: ScanRequest): Promise<ScanResult> {
  const stop = watchForStop(request.signal)
  const { source, signal, readTimeoutMs = USUAL_READ_TIMEOUT_MS } = request
  const opened = "kind" in source ? await openSource(source, { readTimeoutMs, signal }) : undefined
  try {
    return await scanUntil(stop, request, opened ?? (source as ByteSource))
  } finally {
    await opened?.close()
    stop.unwatch()
  }
}

async function scanUntil(stop: Stop, request: ScanRequest, source: ByteSource): Promise<ScanResult> {
  const { reach, onProgress } = request
  const enough = request.isEnough ?? (() => false)
  let state = request.state ?? newScan(source.size, reach)
  let isEnough = enough(state.traces)
  const rest = isEnough ? [] : extentsToScan(state, extentSizeFor(request.source, source))
  const lanes = openScanLanes(request, source)
  const report = throttled(onProgress)

  for await (const scanned of scannedBy(lanes, rest, stop, () => isEnough)) {
    state = withScanned(state, scanned)
    isEnough ||= scanned.traces.length > 0 && enough(state.traces)
    report(state)
  }
  onProgress?.(state)
  await closeUnlessHung(lanes, stop)
  const endedEarly = isEnough && scannedBytes(state) < state.size
  return { state, endedEarly, ...(stop.reason !== undefined && { stopped: stop.reason }) }
}

interface Landing {
  readonly lane: ScanLane
  /** Absent when the lane failed. */
  readonly scanned?: Scanned
}

/** Keeps the lanes busy, in the order of the extents, until nothing is left, it is enough, or the scan is stopped. */
async function* scannedBy(
  lanes: readonly ScanLane[],
  extents: Iterable<Extent>,
  stop: Stop,
  isEnough: () => boolean,
): AsyncGenerator<Scanned> {
  const rest = extents[Symbol.iterator]()
  const free = Array.from({ length: EXTENTS_PER_LANE }, () => lanes).flat()
  const landings = openMailbox<Landing>()
  void stop.graceOver.then(() => landings.close())
  for (let flying = 0; ;) {
    while (free.length > 0 && !isEnough() && stop.reason === undefined) {
      const next = rest.next()
      if (next.done) break
      flying++
      void land(free.shift()!, next.value, stop).then((landing) => landings.put(landing))
    }
    if (flying === 0) return
    const landing = await landings.take()
    if (!landing) return
    flying--
    free.push(landing.lane)
    if (landing.scanned) yield landing.scanned
  }
}

/** Never rejects: what fails one lane stops the scan. */
async function land(lane: ScanLane, extent: Extent, stop: Stop): Promise<Landing> {
  try {
    return { lane, scanned: await lane.scan(extent) }
  } catch (error) {
    stop.now(error)
    return { lane }
  }
}

/** In ascending order. They begin and end at multiples of their size, wherever an earlier scan ended. */
function* extentsToScan({ size, scanned }: ScanState, extentSize: number): Generator<Extent> {
  for (const gap of subtractExtents(extent(0, size), scanned)) {
    for (let at = gap.start; at < endOf(gap); at += extentSize) yield intersect(extent(at, extentSize), gap)
  }
}

async function closeUnlessHung(lanes: readonly ScanLane[], stop: Stop): Promise<void> {
  const closed = Promise.all(lanes.map((lane) => lane.close()))
  if (await Promise.race([closed, stop.graceOver])) return
  for (const lane of lanes) lane.abandon()
}

function throttled(listener: ScanRequest["onProgress"]): (state: ScanState) => void {
  let last = -Infinity
  return (state) => {
    if (!listener || performance.now() - last < PROGRESS_MS) return
    last = performance.now()
    listener(state)
  }
}
