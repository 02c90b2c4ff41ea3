/**
 * A medium without bytes: which of its sectors are bad, slow or gone, and how often each was asked for. A whole run over
 * terabytes takes a second, since a read of it is an entry in a list.
 */
import { type Extent, alignDown, endOf, extentBetween, intersect } from "../../src/extents/extent.ts"
import { ExtentMap } from "../../src/extents/extent-map.ts"
import { nextTickets } from "../../src/rescue/next-tickets.ts"
import { recordOutcome } from "../../src/rescue/record-outcome.ts"
import { type RescueOptions, type RescueState, beginRescue } from "../../src/rescue/state.ts"
import { type Outcome, type Ticket, endsAtFailure, nothingDone } from "../../src/rescue/ticket.ts"

export interface SimulatedRead extends Extent {
  readonly pass: Ticket["pass"]
  readonly isGood: boolean
}

export interface SimulatedMedium {
  readonly size: number
  /** Whole sectors, sorted, apart from each other. */
  readonly bad: readonly Extent[]
  /** Looked at before each read: true when nothing answers any more. */
  readonly isDead?: (readCount: number) => boolean
}

export interface Rescued {
  readonly map: ExtentMap
  readonly state: RescueState
  readonly reads: readonly SimulatedRead[]
}

export const USUAL: RescueOptions = {
  unit: 512,
  isOrdered: false,
  retries: 0,
  isReversed: false,
  first: [],
  lost: [],
}

/** One lane, until nothing is left to try or the medium is dead. */
export function simulateRescue(
  medium: SimulatedMedium,
  change: Partial<RescueOptions> = {},
  map = new ExtentMap(medium.size),
  onRead: (read: SimulatedRead) => void = () => {},
): Rescued {
  const reads: SimulatedRead[] = []
  let state = beginRescue({ ...USUAL, ...change }, map)
  for (;;) {
    const next = nextTickets(state, map, 1, 0)
    state = next.state
    const [ticket] = next.tickets
    if (!ticket) return { map, state, reads }
    state = recordOutcome(state, map, runSimulated(ticket, medium, reads, onRead))
  }
}

function runSimulated(
  ticket: Ticket,
  { bad, isDead }: SimulatedMedium,
  reads: SimulatedRead[],
  onRead: (read: SimulatedRead) => void,
): Outcome {
  const { direction, readSize, pass } = ticket
  let outcome = nothingDone(ticket)
  let rest = ticket.extent
  while (rest.length > 0) {
    const piece =
      direction === "forward"
        ? extentBetween(rest.start, Math.min(endOf(rest), alignDown(rest.start, readSize) + readSize))
        : extentBetween(Math.max(rest.start, alignDown(endOf(rest) - 1, readSize)), endOf(rest))
    const isGood = !(isDead?.(reads.length) ?? false) && !touches(bad, piece)
    const read = { ...piece, pass, isGood }
    reads.push(read)
    onRead(read)
    const done = extentBetween(
      Math.min(outcome.done.start, piece.start),
      Math.max(endOf(outcome.done), endOf(piece)),
    )
    outcome = isGood
      ? { ...outcome, done, bytesRead: outcome.bytesRead + piece.length }
      : { ...outcome, done, failed: [...outcome.failed, piece] }
    if (!isGood && endsAtFailure(ticket)) break
    rest =
      direction === "forward"
        ? extentBetween(endOf(piece), endOf(ticket.extent))
        : extentBetween(ticket.extent.start, piece.start)
  }
  return outcome
}

/** By binary search: there may be thousands. */
export function touches(sorted: readonly Extent[], e: Extent): boolean {
  let [low, high] = [0, sorted.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if (endOf(sorted[middle]!) <= e.start) low = middle + 1
    else high = middle
  }
  return low < sorted.length && intersect(sorted[low]!, e).length > 0
}
