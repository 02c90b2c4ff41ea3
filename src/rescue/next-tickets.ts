/**
 * Which extent to try next: a pure function of the map and of what is already on its way, without clock or I/O, so that
 * simulated media test it. A healthy source gets large ascending tickets on every lane.
 */
import { type Extent, alignDown, endOf, extentBetween, subtractExtents } from "../extents/extent.ts"
import { type ExtentMap, Status } from "../extents/extent-map.ts"
import type { Outcome, Ticket } from "./ticket.ts"

/**
 * Long enough that each lane writes a contiguous stretch of the output, and that a round trip to a thread (0.1 ms) is
 * nothing; short enough that lanes end together and that a slow disk shows progress.
 */
export const TICKET_LENGTH = 8 << 20
/** What stays in the second-level cache between read, decryption and write. */
export const READ_SIZE = 1 << 20

export interface Hints {
  /** Handed out and not reported yet. */
  readonly flying: readonly Ticket[]
  readonly nextId: number
  readonly epoch: number
}

/** At most `free` tickets; none when nothing is left to hand out. */
export function nextTickets(map: ExtentMap, hints: Hints, free: number): Ticket[] {
  const tickets: Ticket[] = []
  const flying = hints.flying.map((ticket) => ticket.extent)
  for (const untried of map) {
    if (tickets.length >= free) break
    if (untried.status !== Status.nonTried) continue
    for (const open of subtractExtents(untried, flying)) {
      for (let at = open.start; at < endOf(open) && tickets.length < free;) {
        const extent = headOf(open, at)
        tickets.push({
          id: hints.nextId + tickets.length,
          extent,
          pass: "copy",
          readSize: READ_SIZE,
          epoch: hints.epoch,
        })
        at = endOf(extent)
      }
    }
  }
  return tickets
}

/** What the map learns from a lane. */
export function recordOutcome(map: ExtentMap, outcome: Outcome): void {
  map.set(outcome.done, Status.finished)
  for (const failed of outcome.failed) map.set(failed, Status.bad)
}

/** From `at` to the next multiple of the ticket length, so that tickets after a resume begin on the old borders. */
function headOf(open: Extent, at: number): Extent {
  return extentBetween(at, Math.min(alignDown(at, TICKET_LENGTH) + TICKET_LENGTH, endOf(open)))
}
