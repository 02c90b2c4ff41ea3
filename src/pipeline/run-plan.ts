/**
 * The coordinator: hands tickets to lanes, keeps the one map of the run, in output coordinates, and ends the run cleanly,
 * whether everything is done, somebody asked to stop, or a lane failed. What was written stays, and the map says what it is.
 */
import { ExtentMap, Status } from "../extents/extent-map.ts"
import { nextTickets, recordOutcome } from "../rescue/next-tickets.ts"
import type { Outcome, Ticket } from "../rescue/ticket.ts"
import type { Lane } from "./lane.ts"
import { openMailbox } from "./mailbox.ts"
import { openLanes } from "./open-lanes.ts"
import type { OutputDigest } from "./output-digest.ts"
import type { RunProgress, RunRequest, RunResult } from "./run-request.ts"
import { type Stop, watchForStop } from "./stop.ts"

/** One runs while the next waits, so that no lane idles on a round trip. */
const TICKETS_PER_LANE = 2
const PROGRESS_MS = 250

/**
 * What ends the run early is a part of the result, beside what was done.
 * @throws SourceError or SinkError when the ends cannot be opened
 */
export async function runPlan(request: RunRequest): Promise<RunResult> {
  const stop = watchForStop(request.signal)
  try {
    return await runUntil(stop, request)
  } finally {
    stop.unwatch()
  }
}

async function runUntil(stop: Stop, request: RunRequest): Promise<RunResult> {
  const { plan, extent, keepZeros } = request
  const key = request.key && { method: request.key.method, fvek: request.key.fvek.reveal() }
  const setup = { plan, key, origin: extent.start, keepZeros, epoch: stop.epoch }
  const { lanes, digest, sync } = await openLanes(request, setup)
  const map = new ExtentMap(extent.length)
  const report = throttled(request.onProgress)
  let zeroSectorBytes = 0

  for await (const outcome of outcomesOf(lanes, map, stop)) {
    recordOutcome(map, outcome)
    zeroSectorBytes += outcome.zeroSectorBytes
    if (outcome.error !== undefined) stop.now(outcome.error)
    digest?.advance(frontierOf(map))
    report(progressOf(map))
  }
  request.onProgress?.(progressOf(map))

  const attempt = async <T>(work: Promise<T> | undefined): Promise<T | undefined> => {
    try {
      return await work
    } catch (error) {
      stop.now(error)
      return undefined
    }
  }
  const [sha256] = await Promise.all([
    attempt(digest && digestUnlessStopped(digest, stop)),
    attempt(request.sync ? sync() : undefined),
  ])
  await attempt(closeUnlessHung(lanes, stop))
  return {
    map,
    done: progressOf(map).done,
    unreadable: map.extentsOf(Status.bad),
    zeroSectorBytes,
    ...(sha256 !== undefined && { sha256 }),
    ...(stop.reason !== undefined && { stopped: stop.reason }),
  }
}

interface Landing {
  readonly ticket: Ticket
  readonly lane: Lane
  readonly outcome: Outcome
}

/** Keeps the lanes busy until nothing is left to hand out. The caller records each outcome before it takes the next. */
async function* outcomesOf(lanes: readonly Lane[], map: ExtentMap, stop: Stop): AsyncGenerator<Outcome> {
  const free = Array.from({ length: TICKETS_PER_LANE }, () => lanes).flat()
  const flying = new Set<Ticket>()
  const landings = openMailbox<Landing>()
  void stop.graceOver.then(() => landings.close())
  let nextId = 0
  for (;;) {
    const hints = { flying: [...flying], nextId, epoch: Atomics.load(stop.epoch, 0) }
    const tickets = stop.reason === undefined ? nextTickets(map, hints, free.length) : []
    for (const ticket of tickets) {
      const lane = free.shift()!
      flying.add(ticket)
      void lane.run(ticket).then((outcome) => landings.put({ ticket, lane, outcome }))
    }
    nextId += tickets.length
    if (flying.size === 0) return
    const landing = await landings.take()
    if (!landing) return
    flying.delete(landing.ticket)
    free.push(landing.lane)
    yield landing.outcome
  }
}

/** Hashing may lie far behind the writing, so it hears of a stop too. */
async function digestUnlessStopped(digest: OutputDigest, stop: Stop): Promise<string | undefined> {
  const hex = await Promise.race([stop.stopped, digest.digest()])
  if (hex !== undefined) return hex
  digest.abandon()
  return undefined
}

async function closeUnlessHung(lanes: readonly Lane[], stop: Stop): Promise<void> {
  const closed = Promise.all(lanes.map((lane) => lane.close()))
  if (await Promise.race([closed, stop.graceOver])) return
  for (const lane of lanes) lane.abandon()
}

/** Everything below it is final, and may be hashed. */
function frontierOf(map: ExtentMap): number {
  for (const { start, status } of map) {
    if (status !== Status.finished && status !== Status.bad) return start
  }
  return map.size
}

function progressOf(map: ExtentMap): RunProgress {
  const unreadable = map.total(Status.bad)
  return { done: map.total(Status.finished) + unreadable, total: map.size, unreadable }
}

function throttled(listener: RunRequest["onProgress"]): (progress: RunProgress) => void {
  let last = -Infinity
  return (progress) => {
    if (!listener || performance.now() - last < PROGRESS_MS) return
    last = performance.now()
    listener(progress)
  }
}
