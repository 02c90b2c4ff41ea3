/**
 * Which extents to try next: a pure function of the map and of what the lanes reported, without clock or I/O, so that
 * simulated media test it.
 *
 * A healthy source gets large ascending tickets on every lane. From the first read that fails on there is one reader, and
 * the passes of GNU ddrescue: copy what is good and pass over what is not, from both ends; then trim, scrape and retry what
 * failed. Good data first: a read that fails may be the last one of a dying drive.
 */
import {
  type Extent,
  alignDown,
  endOf,
  extent,
  extentBetween,
  intersect,
  subtractExtents,
} from "../extents/extent.ts"
import { type Block, type ExtentMap, Status } from "../extents/extent-map.ts"
import { probePlaces } from "./suspicion.ts"
import { FIRST_SKIP, MOST_CLUSTER, type RescueState, type Stage } from "./state.ts"
import type { Direction, Ticket } from "./ticket.ts"

/**
 * Long enough that each lane writes a contiguous stretch of the output, and that a round trip to a thread (0.1 ms) is
 * nothing; short enough that lanes end together and that a slow disk shows progress.
 */
export const TICKET_LENGTH = 8 << 20
/** What stays in the second-level cache between read, decryption and write. */
export const READ_SIZE = 1 << 20
/** While reads are smaller than usual, lanes report often, so that the reads may grow again. */
const CAREFUL_TICKET_LENGTH = 256 << 10

export interface NextTickets {
  readonly tickets: readonly Ticket[]
  readonly state: RescueState
}

/**
 * At most `free` tickets; none when nothing is left to hand out, or when what is on its way has to come back first.
 * @param epoch the age of the run
 */
export function nextTickets(state: RescueState, map: ExtentMap, free: number, epoch: number): NextTickets {
  const tickets: Ticket[] = []
  let current = state
  while (tickets.length < free && !isOver(current)) {
    if (current.isFailing && current.flying.length > 0) break
    const work = probe(current, map) ?? findWork(current, map)
    if (work) {
      const ticket = { ...work, id: current.nextId, epoch }
      tickets.push(ticket)
      current = withFlying(current, ticket)
    } else if (hasEnded(current)) {
      current = { ...current, stage: current.stage + 1, position: undefined, skip: FIRST_SKIP }
    } else {
      break
    }
  }
  return { tickets, state: current }
}

function withFlying(state: RescueState, ticket: Ticket): RescueState {
  return { ...state, nextId: state.nextId + 1, flying: [...state.flying, ticket] }
}

/** Nothing is left to try, or nothing answers. */
function isOver({ stage, stages, suspicion }: RescueState): boolean {
  return stage === stages.length || suspicion.isDead
}

/** What is on its way may come back with work for this stage; what was wanted first is also met by the next one. */
function hasEnded({ stages, stage, flying, isFailing }: RescueState): boolean {
  return flying.length === 0 || (!isFailing && stages[stage]?.within !== undefined)
}

type Work = Omit<Ticket, "id" | "epoch">

function probe({ suspicion, options }: RescueState, map: ExtentMap): Work | undefined {
  if (suspicion.weight < suspicion.limit) return undefined
  const place = probePlaces(suspicion, map, options.unit)[suspicion.failedProbes]
  return place && { extent: place, pass: "probe", direction: "forward", readSize: options.unit }
}

function findWork(state: RescueState, map: ExtentMap): Work | undefined {
  const stage = state.stages[state.stage]!
  switch (stage.pass) {
    case "stream":
    case "copy":
      return findCopy(state, map, stage)
    case "trim":
      return findTrim(state, map, stage)
    case "scrape":
      return findSectors(state, map, stage, [Status.nonScraped, Status.nonTrimmed])
    case "retry":
      return findSectors(state, map, stage, [Status.bad])
  }
}

function findCopy(state: RescueState, map: ExtentMap, stage: Stage): Work | undefined {
  const { isFailing, cluster, flying, deferred } = state
  const taken = [...flying.map((ticket) => ticket.extent), ...(stage.withDeferred ? [] : deferred)]
  const open = firstOpen(openExtents(state, map, stage, [Status.nonTried]), taken, stage.isBackward)
  if (!open) return undefined
  const isCareful = isFailing && cluster < MOST_CLUSTER
  const part = partOf(open, isCareful ? CAREFUL_TICKET_LENGTH : TICKET_LENGTH, stage.isBackward)
  return { ...work(stage, part), readSize: isFailing ? cluster : READ_SIZE }
}

/** From an edge that nobody has tried yet: one that is not bad itself. */
function findTrim(state: RescueState, map: ExtentMap, stage: Stage): Work | undefined {
  const { unit } = state.options
  for (const { start } of openExtents(state, map, stage, [Status.nonTrimmed])) {
    const block = map.blockAt(start)
    const before = block.start > 0 ? map.blockAt(block.start - 1).status : undefined
    const after = endOf(block) < map.size ? map.blockAt(endOf(block)).status : undefined
    if (before === Status.bad && after === Status.bad) continue
    const isBackward = before === Status.bad
    return {
      ...work({ pass: "trim", isBackward }, partOf(block, TICKET_LENGTH, isBackward)),
      readSize: unit,
    }
  }
  return undefined
}

function findSectors(
  state: RescueState,
  map: ExtentMap,
  stage: Stage,
  statuses: readonly Status[],
): Work | undefined {
  const { unit, lost } = state.options
  const open = firstOpen(openExtents(state, map, stage, statuses), lost, stage.isBackward)
  return open && { ...work(stage, partOf(open, MOST_CLUSTER, stage.isBackward)), readSize: unit }
}

function work(
  { pass, isBackward }: Pick<Stage, "pass" | "isBackward">,
  part: Extent,
): Omit<Work, "readSize"> {
  const direction: Direction = isBackward ? "backward" : "forward"
  return { extent: part, pass, direction }
}

/** What the stage has still before it, of those statuses, in its order. */
function* openExtents(
  { position }: RescueState,
  map: ExtentMap,
  { isBackward, within }: Stage,
  statuses: readonly Status[],
): Generator<Extent> {
  const whole = extent(0, map.size)
  for (const part of within ?? [whole]) {
    const wanted = intersect(part, whole)
    const ahead = isBackward
      ? extentBetween(wanted.start, Math.min(endOf(wanted), position ?? Infinity))
      : extentBetween(Math.max(wanted.start, position ?? 0), endOf(wanted))
    // Each part of a list begins at its own beginning.
    yield* blocksIn(map, within ? wanted : ahead, isBackward, statuses)
  }
}

function* blocksIn(
  map: ExtentMap,
  where: Extent,
  isBackward: boolean,
  statuses: readonly Status[],
): Generator<Extent> {
  if (where.length === 0) return
  const blocks: Iterable<Block> = isBackward ? map.blocksBefore(endOf(where)) : map.blocksFrom(where.start)
  for (const block of blocks) {
    const part = intersect(block, where)
    if (part.length === 0) return
    if (statuses.includes(block.status)) yield part
  }
}

function firstOpen(
  extents: Iterable<Extent>,
  taken: readonly Extent[],
  isBackward: boolean,
): Extent | undefined {
  for (const candidate of extents) {
    const open = subtractExtents(candidate, taken).at(isBackward ? -1 : 0)
    if (open) return open
  }
  return undefined
}

/** Up to the next multiple of the length, so that tickets after a resume begin on the old borders. */
function partOf(open: Extent, length: number, isBackward: boolean): Extent {
  if (!isBackward) {
    return extentBetween(open.start, Math.min(alignDown(open.start, length) + length, endOf(open)))
  }
  return extentBetween(Math.max(alignDown(endOf(open) - 1, length), open.start), endOf(open))
}
