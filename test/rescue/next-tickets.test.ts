import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { endOf, extent, mergeExtents, overlaps } from "../../src/extents/extent.ts"
import { ExtentMap, Status } from "../../src/extents/extent-map.ts"
import { TICKET_LENGTH, nextTickets, recordOutcome } from "../../src/rescue/next-tickets.ts"
import { type Ticket, nothingDone } from "../../src/rescue/ticket.ts"

const done = (ticket: Ticket) => ({ ...nothingDone(ticket), done: ticket.extent })

describe("nextTickets", () => {
  it("hands out large ascending tickets, at most as many as lanes are free", () => {
    const map = new ExtentMap(3 * TICKET_LENGTH + 1)
    const tickets = nextTickets(map, { flying: [], nextId: 7, epoch: 2 }, 2)
    expect(tickets).toMatchObject([
      { id: 7, extent: extent(0, TICKET_LENGTH), pass: "copy", epoch: 2 },
      { id: 8, extent: extent(TICKET_LENGTH, TICKET_LENGTH), pass: "copy", epoch: 2 },
    ])
  })

  it("passes over what is on its way", () => {
    const map = new ExtentMap(3 * TICKET_LENGTH)
    const flying = nextTickets(map, { flying: [], nextId: 0, epoch: 0 }, 3).filter(({ id }) => id !== 1)
    const [ticket, ...more] = nextTickets(map, { flying, nextId: 3, epoch: 0 }, 3)
    expect(ticket!.extent).toEqual(extent(TICKET_LENGTH, TICKET_LENGTH))
    expect(more).toEqual([])
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
        const flying: Ticket[] = []
        let [nextId, handedOut] = [0, 0]
        for (;;) {
          const tickets = nextTickets(map, { flying, nextId, epoch: 0 }, lanes - flying.length)
          for (const { extent } of tickets) {
            expect(flying.some((other) => overlaps(other.extent, extent))).toBe(false)
            expect(extent.length).toBeGreaterThan(0)
            handedOut += extent.length
          }
          flying.push(...tickets)
          nextId += tickets.length
          if (flying.length === 0) break
          const [landed] = flying.splice(order.next().value % flying.length, 1)
          recordOutcome(map, done(landed!))
        }
        expect(handedOut).toBe(open)
        expect(map.total(Status.finished)).toBe(size)
      }),
    )
  })
})

describe("recordOutcome", () => {
  it("marks what was written as finished, and what could not be read as bad", () => {
    const map = new ExtentMap(TICKET_LENGTH)
    const [ticket] = nextTickets(map, { flying: [], nextId: 0, epoch: 0 }, 1)
    recordOutcome(map, { ...done(ticket!), done: extent(0, 4096), failed: [extent(512, 512)] })
    expect([...map].map(({ length, status }) => [length, status])).toEqual([
      [512, "+"],
      [512, "-"],
      [3072, "+"],
      [TICKET_LENGTH - 4096, "?"],
    ])
    expect(endOf(mergeExtents(map.extentsOf(Status.bad))[0]!)).toBe(1024)
  })
})
