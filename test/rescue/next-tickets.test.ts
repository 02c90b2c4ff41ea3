import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { extent, overlaps } from "../../src/extents/extent.ts"
import { ExtentMap, Status } from "../../src/extents/extent-map.ts"
import { TICKET_LENGTH, nextTickets } from "../../src/rescue/next-tickets.ts"
import { countBadAreas, recordOutcome } from "../../src/rescue/record-outcome.ts"
import { type RescueOptions, type RescueState, beginRescue } from "../../src/rescue/state.ts"
import { type Outcome, type Ticket, nothingDone } from "../../src/rescue/ticket.ts"

const OPTIONS: RescueOptions = {
  unit: 512,
  isOrdered: false,
  retries: 0,
  isReversed: false,
  first: [],
  lost: [],
}

const done = (ticket: Ticket): Outcome => ({
  ...nothingDone(ticket),
  done: ticket.extent,
  bytesRead: ticket.extent.length,
})

describe("nextTickets over a healthy source", () => {
  it("hands out large ascending tickets, at most as many as lanes are free", () => {
    const map = new ExtentMap(3 * TICKET_LENGTH + 1)
    const state = { ...beginRescue(OPTIONS, map), nextId: 7 }
    expect(nextTickets(state, map, 2, 2).tickets).toMatchObject([
      { id: 7, extent: extent(0, TICKET_LENGTH), pass: "copy", direction: "forward", epoch: 2 },
      { id: 8, extent: extent(TICKET_LENGTH, TICKET_LENGTH), pass: "copy", direction: "forward", epoch: 2 },
    ])
  })

  it("passes over what is on its way", () => {
    const map = new ExtentMap(3 * TICKET_LENGTH)
    const { tickets, state } = nextTickets(beginRescue(OPTIONS, map), map, 3, 0)
    const landed = { ...state, flying: tickets.filter(({ id }) => id !== 1) }
    const [ticket, ...more] = nextTickets(landed, map, 3, 0).tickets
    expect(ticket!.extent).toEqual(extent(TICKET_LENGTH, TICKET_LENGTH))
    expect(more).toEqual([])
  })

  it("begins with what is wanted first, and does not wait for it before it goes on", () => {
    const map = new ExtentMap(2 * TICKET_LENGTH)
    const first = [extent(TICKET_LENGTH + 4096, 8192), extent(512, 512)]
    const { tickets } = nextTickets(beginRescue({ ...OPTIONS, first }, map), map, 3, 0)
    expect(tickets.map((ticket) => ticket.extent)).toEqual([...first, extent(0, 512)])
  })

  it("comes to an end, having handed out every byte once, in whatever order the lanes report", () => {
    const sizes = fc.integer({ min: 0, max: 9 * TICKET_LENGTH })
    const order = fc.infiniteStream(fc.nat())
    const finished = fc.array(fc.tuple(fc.nat({ max: 8 }), fc.integer({ min: 1, max: TICKET_LENGTH })))
    fc.assert(
      fc.property(sizes, order, finished, fc.integer({ min: 1, max: 5 }), (size, order, finished, lanes) => {
        const map = new ExtentMap(size)
        for (const [slot, length] of finished) {
          const start = Math.min(size, slot * TICKET_LENGTH)
          map.set(extent(start, Math.min(length, size - start)), Status.finished)
        }
        const open = map.total(Status.nonTried)
        let state: RescueState = beginRescue({ ...OPTIONS, first: [extent(size / 2, size / 4)] }, map)
        let handedOut = 0
        for (;;) {
          const next = nextTickets(state, map, lanes - state.flying.length, 0)
          for (const { id, extent } of next.tickets) {
            const others = next.state.flying.filter((other) => other.id !== id)
            expect(others.some((other) => overlaps(other.extent, extent))).toBe(false)
            expect(extent.length).toBeGreaterThan(0)
            handedOut += extent.length
          }
          state = next.state
          if (state.flying.length === 0) break
          const landed = state.flying[order.next().value % state.flying.length]!
          state = recordOutcome(state, map, done(landed))
        }
        expect(handedOut).toBe(open)
        expect(map.total(Status.finished)).toBe(size)
      }),
    )
  })
})

describe("recordOutcome", () => {
  it("marks what was written as finished, and what the plan calls lost as bad", () => {
    const map = new ExtentMap(TICKET_LENGTH)
    const { tickets, state } = nextTickets(beginRescue(OPTIONS, map), map, 1, 0)
    recordOutcome(state, map, { ...done(tickets[0]!), done: extent(0, 4096), lost: [extent(512, 512)] })
    expect([...map].map(({ length, status }) => [length, status])).toEqual([
      [512, "+"],
      [512, "-"],
      [3072, "+"],
      [TICKET_LENGTH - 4096, "?"],
    ])
  })

  it("counts bad areas as they lie on the medium, without what is lost by plan", () => {
    const map = new ExtentMap(1 << 20)
    map.set(extent(0, 4096), Status.bad)
    map.set(extent(8192, 512), Status.bad)
    map.set(extent(8704, 512), Status.nonScraped)
    map.set(extent(65536, 512), Status.nonTrimmed)
    expect(countBadAreas(map, [extent(0, 4096)])).toBe(2)
  })
})
