/** What the map learns from a lane, and how the run goes on after it. Pure, but for the map. */
import { type Extent, alignDown, endOf, mergeExtents, subtractExtents } from "../extents/extent.ts"
import { type ExtentMap, Status } from "../extents/extent-map.ts"
import { FIRST_SKIP, MOST_CLUSTER, type RescueState } from "./state.ts"
import { suspect } from "./suspicion.ts"
import type { Outcome, Ticket } from "./ticket.ts"

/** Smaller reads than four sectors would cost more calls than they save good bytes around a bad sector. */
const LEAST_CLUSTER_UNITS = 4
/** After so many bytes without a failure reads are as large as at first. */
const QUIET = 1 << 20
/** The largest skip, as GNU ddrescue has it: a hundredth of the source, 1 GiB at most. */
const MOST_SKIP = 1 << 30

export function recordOutcome(state: RescueState, map: ExtentMap, outcome: Outcome): RescueState {
  const ticket = state.flying.find(({ id }) => id === outcome.id)
  if (!ticket) throw new Error(`no ticket ${outcome.id} is on its way`)
  const landed = {
    ...state,
    flying: state.flying.filter((other) => other !== ticket),
    suspicion: suspect(state.suspicion, ticket, outcome),
  }
  if (ticket.pass === "probe") return landed
  const deferred = markMap(landed, map, ticket, outcome)
  return withPosition(withPace({ ...landed, deferred }, ticket, outcome, map.size), ticket, outcome)
}

/** @returns what is to be read again in small reads, when everything else was read once */
function markMap(
  { deferred, options }: RescueState,
  map: ExtentMap,
  ticket: Ticket,
  { done, failed, lost }: Outcome,
): readonly Extent[] {
  const isLarge = ticket.pass === "copy" && ticket.readSize > MOST_CLUSTER
  map.set(done, Status.finished)
  for (const e of lost) map.set(e, Status.bad)
  for (const e of failed) map.set(e, isLarge ? Status.nonTried : statusOf(e, ticket, options.unit))
  if (ticket.pass === "trim") for (const e of failed) closeTrimmed(map, e)
  return isLarge && failed.length > 0 ? mergeExtents([...deferred, ...failed]) : deferred
}

function statusOf(failed: Extent, { pass }: Ticket, unit: number): Status {
  return pass === "copy" && failed.length > unit ? Status.nonTrimmed : Status.bad
}

/** What lies between two bad edges is trimmed. */
function closeTrimmed(map: ExtentMap, edge: Extent): void {
  const neighbours = [edge.start - 1, endOf(edge)]
    .filter((position) => position >= 0 && position < map.size)
    .map((position) => map.blockAt(position))
  for (const { status, ...block } of neighbours) {
    if (status !== Status.nonTrimmed || block.start === 0 || endOf(block) === map.size) continue
    const isBadBefore = map.blockAt(block.start - 1).status === Status.bad
    const isBadAfter = map.blockAt(endOf(block)).status === Status.bad
    if (isBadBefore && isBadAfter) map.set(block, Status.nonScraped)
  }
}

/**
 * How large the reads are and how far the next failure skips. Failures that follow each other mean a large bad area: the
 * skip doubles, and reads stay large to be through it soon. Failures with good bytes between them mean scattered bad
 * sectors: reads halve, so that each loses less of what is good around it.
 */
function withPace(state: RescueState, ticket: Ticket, outcome: Outcome, size: number): RescueState {
  if (ticket.pass !== "copy") return state
  const { failed, bytesRead, isSlow } = outcome
  if (failed.length === 0 && !isSlow) {
    const goodBytes = state.goodBytes + bytesRead
    return {
      ...state,
      goodBytes,
      skip: FIRST_SKIP,
      cluster: goodBytes >= QUIET ? MOST_CLUSTER : state.cluster,
    }
  }
  const isNextToLast = bytesRead === 0 && state.goodBytes === 0
  const skip = isNextToLast ? Math.min(state.skip * 2, mostSkip(size)) : FIRST_SKIP
  if (failed.length === 0) return { ...state, skip, goodBytes: 0 }
  return { ...state, isFailing: true, goodBytes: 0, skip, cluster: nextCluster(state, bytesRead) }
}

function mostSkip(size: number): number {
  return Math.max(FIRST_SKIP, Math.min(MOST_SKIP, alignDown(Math.floor(size / 100), FIRST_SKIP)))
}

function nextCluster({ isFailing, cluster, goodBytes, options }: RescueState, bytesRead: number): number {
  const quiet = goodBytes + bytesRead
  if (!isFailing || quiet === 0) return MOST_CLUSTER
  if (quiet >= QUIET) return cluster
  return Math.max(cluster / 2, Math.min(MOST_CLUSTER, LEAST_CLUSTER_UNITS * options.unit))
}

/** Where the stage goes on: behind what was read, and behind the skip when it failed. */
function withPosition(state: RescueState, ticket: Ticket, outcome: Outcome): RescueState {
  const { pass, isBackward, skips, within } = state.stages[state.stage]!
  const { done, failed, isSlow } = outcome
  if (within || pass === "stream" || (!state.isFailing && !isSlow)) return state
  if (pass === "trim") {
    // The block comes once more for its other edge.
    const isAgainst = isBackward !== (ticket.direction === "backward")
    return isAgainst ? state : { ...state, position: isBackward ? endOf(ticket.extent) : ticket.extent.start }
  }
  const skip = skips && (failed.length > 0 || isSlow) ? state.skip : 0
  const tried = [done, ...failed]
  const position = isBackward
    ? Math.max(0, Math.min(...tried.map(({ start }) => start)) - skip)
    : Math.max(...tried.map(endOf)) + skip
  return { ...state, position }
}

/** Areas that could not be read so far, as GNU ddrescue counts them, but for what is lost by plan. */
export function countBadAreas(map: ExtentMap, lost: readonly Extent[]): number {
  let count = 0
  let wasBad = false
  for (const block of map) {
    const { status } = block
    const isBad =
      status === Status.nonTrimmed ||
      status === Status.nonScraped ||
      (status === Status.bad && subtractExtents(block, lost).length > 0)
    if (isBad && !wasBad) count++
    wasBad = isBad
  }
  return count
}
