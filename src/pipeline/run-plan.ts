/**
 * The coordinator: hands tickets to lanes, keeps the one map of the run, in output coordinates, and ends the run cleanly,
 * whether everything is done, somebody asked to stop, or a lane failed. What was written stays, and the map says what it is.
 */
import { type Extent, endOf, extent, intersect } from "../extents/extent.ts"
import { ExtentMap, Status } from "../extents/extent-map.ts"
import { nextTickets } from "../rescue/next-tickets.ts"
import { countBadAreas, recordOutcome } from "../rescue/record-outcome.ts"
import { type RescueState, beginRescue } from "../rescue/state.ts"
import { withdrawFailures } from "../rescue/suspicion.ts"
import type { Outcome } from "../rescue/ticket.ts"
import { loseStored } from "../volume/lose.ts"
import type { VolumePlan } from "../volume/volume-plan.ts"
import { type Checkpoints, openCheckpoints } from "./checkpoint.ts"
import { writeLosses } from "./fill.ts"
import type { Lane } from "./lane.ts"
import type { LaneSetup } from "./lane-setup.ts"
import { openMailbox } from "./mailbox.ts"
import { type OpenLanes, openLanes } from "./open-lanes.ts"
import type { OutputDigest } from "./output-digest.ts"
import { deadSource, isGone, tooManyErrors } from "./reading-failures.ts"
import type { RunProgress, RunRequest, RunResult } from "./run-request.ts"
import { missingOf, sectorSizeOf } from "./source-facts.ts"
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
  const { extent: wanted, keepZeros, reading = {}, checkpoint } = request
  const plan = loseStored(request.plan, missingOf(request.source))
  const key = request.key && { method: request.key.method, fvek: request.key.fvek.reveal() }
  const setup = { plan, key, origin: wanted.start, keepZeros, pattern: reading.fill, epoch: stop.epoch }
  const opened = await openLanes(request, setup, stop)
  const { digest, sink } = opened
  const map = request.map ?? new ExtentMap(wanted.length)
  const report = throttled(request.onProgress)
  const run: Run = {
    ...{ request, setup, opened, map, stop },
    lanes: opened.lanes,
    state: begin(),
    hasGaps: false,
    zeroSectorBytes: request.zeroSectorBytes ?? 0,
  }
  const zeroSectorBytes = (): number => run.zeroSectorBytes
  const sync = (): Promise<void> => sink.sync()
  const checkpoints =
    checkpoint &&
    openCheckpoints(
      { map, zeroSectorBytes, sync, save: checkpoint.save, onFailure: stop.now },
      checkpoint.pace,
    )

  for await (const outcome of outcomesOf(run)) {
    digest?.advance(frontierOf(run))
    report(() => progressOf(run))
    await roomFor(outcome, checkpoints, stop)
  }
  request.onProgress?.(progressOf(run))

  // A mistake of ours then, and the last place to notice it: bytes that nobody tried must not pass for the volume's.
  if (stop.reason === undefined && !isTriedWhole(map)) stop.now(new Error("the run ended before its map did"))

  const attempt = async <T>(work: Promise<T> | undefined): Promise<T | undefined> => {
    try {
      return await work
    } catch (error) {
      stop.now(error)
      return undefined
    }
  }
  if (stop.reason === undefined) await attempt(fillGaps(run))
  if (stop.reason === undefined) digest?.advance(map.size)
  const [sha256] = await Promise.all([
    attempt(digest && digestUnlessStopped(digest, stop)),
    attempt(makeDurable(run, checkpoints)),
  ])
  await attempt(closeUnlessHung(run.lanes, stop))
  await attempt(opened.close())
  return {
    map,
    done: progressOf(run).done,
    unreadable: map.extentsOf(Status.bad),
    zeroSectorBytes: run.zeroSectorBytes,
    ...(sha256 !== undefined && { sha256 }),
    ...(stop.reason !== undefined && { stopped: stop.reason }),
  }

  function begin(): RescueState {
    const options = {
      unit: Math.max(plan.sectorSize, sectorSizeOf(request.source)),
      isOrdered: opened.isOrdered,
      retries: reading.retries ?? 0,
      isReversed: reading.isReversed ?? false,
      first: reading.first ?? [],
      lost: lostExtents(plan, wanted),
    }
    return beginRescue(options, map)
  }
}

/** A run under way. */
interface Run {
  readonly request: RunRequest
  readonly setup: LaneSetup
  readonly opened: OpenLanes
  readonly map: ExtentMap
  readonly stop: Stop
  lanes: readonly Lane[]
  state: RescueState
  /** Somewhere nobody has written what stands for unreadable bytes. */
  hasGaps: boolean
  /** Bytes in sectors of raw zeros, of what the map calls finished. */
  zeroSectorBytes: number
}

interface Landing {
  readonly lane: Lane
  readonly outcome: Outcome
}

/**
 * Keeps the lanes busy until nothing is left to hand out. Each outcome is recorded when it is yielded; the next tickets are
 * handed out when the caller takes the next.
 */
async function* outcomesOf(run: Run): AsyncGenerator<Outcome> {
  const { map, stop, request } = run
  const landings = openMailbox<Landing>()
  void stop.graceOver.then(() => landings.close())
  let free = slotsOf(run.lanes)
  let hasFailed = false
  let gone: unknown
  for (;;) {
    if (stop.reason === undefined && gone === undefined) {
      const { tickets, state } = nextTickets(run.state, map, free.length, Atomics.load(stop.epoch, 0))
      run.state = state
      for (const ticket of tickets) {
        const lane = free.shift()!
        void lane.run(ticket).then((outcome) => landings.put({ lane, outcome }))
      }
    }
    if (run.state.flying.length === 0) {
      gone ??= run.state.suspicion.isDead ? deadSource(request.source) : undefined
      if (gone === undefined || stop.reason !== undefined) return
      run.state = withdrawFailures(run.state, map)
      if (!(await returns(run, gone))) return stop.now(gone)
      free = slotsOf(run.lanes)
      gone = undefined
      continue
    }
    const landing = await landings.take()
    if (!landing) return
    const { lane, outcome } = landing
    // The same one again: of a source that fails there is one reader.
    free.unshift(lane)
    run.state = recordOutcome(run.state, map, outcome)
    run.zeroSectorBytes += outcome.zeroSectorBytes
    run.hasGaps ||= outcome.failed.some((e) => intersect(e, outcome.done).length < e.length)
    if (outcome.error !== undefined) {
      if (request.reading?.awaitSource && isGone(outcome.error)) gone ??= outcome.error
      else stop.now(outcome.error)
    }
    if (outcome.failed.length > 0) {
      if (!hasFailed) await hearOfFailure(run, outcome.failed[0]!)
      hasFailed = true
      refuseTooMany(run)
    }
    yield outcome
  }
}

function slotsOf(lanes: readonly Lane[]): Lane[] {
  return Array.from({ length: TICKETS_PER_LANE }, () => lanes).flat()
}

/** Waits for the source, and opens it under the name that it has now. */
async function returns(run: Run, error: unknown): Promise<boolean> {
  const { request, opened, stop } = run
  const source = await Promise.race([request.reading?.awaitSource?.(error), stop.stopped])
  if (!source) return false
  for (const lane of run.lanes) void lane.close().catch(() => {})
  run.lanes = await opened.reopen(source)
  return true
}

async function hearOfFailure({ request, stop }: Run, where: Extent): Promise<void> {
  try {
    await Promise.race([request.reading?.onFailing?.(where), stop.stopped])
  } catch (error) {
    stop.now(error)
  }
}

function refuseTooMany({ request, map, stop, state }: Run): void {
  const most = request.reading?.maxErrors
  if (most === undefined) return
  const count = countBadAreas(map, state.options.lost)
  if (count > most) stop.now(tooManyErrors(count, most))
}

/** Of a run that was durable up to here, everything written since has to be, before too much of it is not. */
async function roomFor(outcome: Outcome, checkpoints: Checkpoints | undefined, stop: Stop): Promise<void> {
  const room = checkpoints?.recorded(outcome.done.length)
  if (room) await Promise.race([room, stop.graceOver])
}

/** What an earlier run gave up, or a lane that hangs, may hold anything. */
async function fillGaps({ request, hasGaps, opened, setup, map }: Run): Promise<void> {
  if (!hasGaps && !request.map) return
  const { pattern, plan, origin } = setup
  await writeLosses(map.extentsOf(Status.bad), opened.sink, { pattern, plan, origin })
}

function isTriedWhole(map: ExtentMap): boolean {
  return map.total(Status.finished) + map.total(Status.bad) === map.size
}

function needsCheckpoint({ request, map, stop }: Run): boolean {
  const hasLosses = map.total(Status.finished) < map.size
  return stop.reason !== undefined || hasLosses || request.sync || (request.checkpoint?.always ?? false)
}

async function makeDurable(run: Run, checkpoints: Checkpoints | undefined): Promise<void> {
  if (checkpoints) await checkpoints.finish({ needed: needsCheckpoint(run) })
  else if (run.request.sync) await run.opened.sink.sync()
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

/** Everything below it is final, and may be hashed. What is bad may still be read in a later pass. */
function frontierOf({ map, state }: Run): number {
  for (const { start, status } of map) {
    if (status === Status.finished || (status === Status.bad && !state.isFailing)) continue
    return start
  }
  return map.size
}

function progressOf({ map, state }: Run): RunProgress {
  const unreadable = map.total(Status.bad)
  const { pass } = state.stages[Math.min(state.stage, state.stages.length - 1)]!
  return {
    done: map.total(Status.finished) + unreadable,
    total: map.size,
    unreadable,
    ...(state.isFailing && { rescue: { pass, badAreas: countBadAreas(map, state.options.lost) } }),
  }
}

/** What the plan says nobody can read, in positions of the output. */
function lostExtents(plan: VolumePlan, wanted: Extent): Extent[] {
  return plan.runs
    .filter(({ kind }) => kind === "unreadable")
    .map((run) => intersect(run.extent, wanted))
    .filter((e) => e.length > 0)
    .map((e) => extent(e.start - wanted.start, endOf(e) - e.start))
}

function throttled(listener: RunRequest["onProgress"]): (progress: () => RunProgress) => void {
  let last = -Infinity
  return (progress) => {
    if (!listener || performance.now() - last < PROGRESS_MS) return
    last = performance.now()
    listener(progress())
  }
}
