/**
 * A drive that has died, or whose cable was pulled, fails at every place, and so does a large bad area. To tell one from the
 * other, what was read well before is read again. When that fails too, all failures since then say nothing of the medium:
 * they are taken back.
 */
import { type Extent, extent, intersect, subtractExtents } from "../extents/extent.ts"
import { type ExtentMap, Status } from "../extents/extent-map.ts"
import { type RescueState, type Suspicion, noSuspicion } from "./state.ts"
import { type Outcome, type Ticket, endsAtFailure } from "./ticket.ts"

/** A large bad area is probed seldom; a drive that dies inside of it is found out all the same. */
const LIMIT_GROWTH = 4
/** A read that was given up took a minute: a few of them are enough to ask. */
const GIVEN_UP_WEIGHT = 4
/** Where no read ever went well, so many places have to fail. */
const PLACES = 5

/** Where to look: one unit that was read well; else some that an earlier run wrote, or that are spread over the map. */
export function probePlaces({ proven }: Suspicion, map: ExtentMap, unit: number): Extent[] {
  if (proven) return [extent(proven.start, Math.min(unit, proven.length))]
  const whole = extent(0, map.size)
  const finished = map.extentsOf(Status.finished)
  const spread = Array.from({ length: PLACES }, (_, i) => {
    if (finished.length > 0) return finished[Math.floor((i * finished.length) / PLACES)]!
    return extent(Math.floor((i * map.size) / PLACES / unit) * unit, unit)
  })
  return spread.map((e) => intersect(extent(e.start, Math.min(unit, e.length)), whole))
}

const BEFORE = {
  stream: Status.nonTried,
  copy: Status.nonTried,
  trim: Status.nonTrimmed,
  scrape: Status.nonScraped,
  retry: Status.bad,
  probe: Status.finished,
} as const

export function suspect(suspicion: Suspicion, ticket: Ticket, outcome: Outcome): Suspicion {
  const { done, failed, bytesRead } = outcome
  if (ticket.pass === "probe") {
    if (bytesRead > 0) {
      const limit = suspicion.limit * LIMIT_GROWTH
      return { ...suspicion, failures: [], weight: 0, limit, failedProbes: 0 }
    }
    const failedProbes = suspicion.failedProbes + 1
    return { ...suspicion, failedProbes, isDead: suspicion.proven !== undefined || failedProbes >= PLACES }
  }
  const before = bytesRead > 0 ? noSuspicion(goodPart(ticket, outcome) ?? suspicion.proven) : suspicion
  const readCount = failed.reduce((sum, { length }) => sum + Math.ceil(length / ticket.readSize), 0)
  const isGivenUp = failed.some((e) => intersect(e, done).length === 0)
  return {
    ...before,
    failures: [...before.failures, ...failed.map((e) => ({ ...e, status: BEFORE[ticket.pass] }))],
    weight: before.weight + readCount * (isGivenUp ? GIVEN_UP_WEIGHT : 1),
  }
}

/** An extent of which every byte came from the source just now: what came before the failure that ended the ticket. */
function goodPart(ticket: Ticket, { done, failed, bytesRead }: Outcome): Extent | undefined {
  if (failed.length > 0 && !endsAtFailure(ticket)) return undefined
  const good = subtractExtents(done, failed).at(ticket.direction === "forward" ? 0 : -1)
  return good?.length === bytesRead ? good : undefined
}

/**
 * The source is gone: what failed since it last answered counts as it did before, for whoever goes on. The passes begin
 * anew, since what was taken back may lie behind the place that they have reached; the map keeps them from reading anything
 * twice.
 */
export function withdrawFailures(state: RescueState, map: ExtentMap): RescueState {
  for (const { status, ...failed } of state.suspicion.failures) map.set(failed, status)
  return { ...state, stage: 0, position: undefined, suspicion: noSuspicion(state.suspicion.proven) }
}
