/** What every lane promises: the naive twin's bytes and losses, whatever the tickets, and in whatever order they come. */
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { endOf, extentBetween, totalLength } from "../../src/extents/extent.ts"
import type { Lane } from "../../src/pipeline/lane.ts"
import type { Direction, Outcome, Ticket } from "../../src/rescue/ticket.ts"
import { type Expected, type Scenario, naiveOutput, scenarios } from "./lane-scenario.ts"

export interface OpenedLane {
  readonly lane: Lane
  /** What the sink holds now. */
  output(): Promise<Uint8Array>
  /** Gives up every ticket of epoch 0. */
  raiseEpoch(): void
  cleanUp(): Promise<void>
}

export interface LaneSuiteOptions {
  readonly numRuns: number
  /** Bytes of the stored volume that the lane cannot read, when it can be given such. */
  readonly unreadable?: (scenario: Scenario) => (at: number) => boolean
}

export function laneSuite(
  name: string,
  open: (scenario: Scenario) => Promise<OpenedLane>,
  { numRuns, unreadable }: LaneSuiteOptions,
): void {
  describe(`${name} lane`, () => {
    it("writes what the naive twin writes, and reports the same losses", async () => {
      const cuts = fc.array(fc.nat({ max: 40 * 4096 }), { maxLength: 5 })
      const readSectors = fc.integer({ min: 1, max: 9 })
      await fc.assert(
        fc.asyncProperty(
          scenarios,
          cuts,
          readSectors,
          fc.boolean(),
          fc.constantFrom<Direction>("forward", "backward"),
          async (scenario, cuts, sectors, reversed, direction) => {
            const tickets = cutTickets(scenario, cuts, sectors * scenario.plan.sectorSize, direction)
            const opened = await open(scenario)
            try {
              const order = reversed ? tickets.toReversed() : tickets
              const outcomes = await Promise.all(order.map((ticket) => opened.lane.run(ticket)))
              expectSame(await opened.output(), outcomes, naiveOutput(scenario, unreadable?.(scenario)))
              expect(outcomes.map(({ id, done }) => ({ id, done }))).toEqual(
                order.map(({ id, extent }) => ({ id, done: extent })),
              )
            } finally {
              await opened.cleanUp()
            }
          },
        ),
        { numRuns },
      )
    })

    it("writes nothing of a ticket whose epoch is gone", async () => {
      const [scenario] = fc.sample(scenarios, { numRuns: 1, seed: 1 })
      const opened = await open(scenario!)
      opened.raiseEpoch()
      const [ticket] = cutTickets(scenario!, [], 4096)
      const outcome = await opened.lane.run(ticket!)
      expect(outcome.done).toEqual({ start: 0, length: 0 })
      expect((await opened.output()).every((byte) => byte === UNTOUCHED)).toBe(true)
      await opened.cleanUp()
    })
  })
}

/** What an output holds before the lane writes: stale bytes must not survive. */
export const UNTOUCHED = 0x55

export function cutTickets(
  scenario: Scenario,
  cuts: readonly number[],
  readSize: number,
  direction: Direction = "forward",
): Ticket[] {
  const { length } = scenario.extent
  const borders = [...new Set([0, ...cuts.filter((cut) => cut < length), length])].sort((a, b) => a - b)
  return borders.slice(0, -1).map((start, id) => ({
    id,
    extent: extentBetween(start, borders[id + 1]!),
    pass: "stream",
    direction,
    readSize,
    epoch: 0,
  }))
}

function expectSame(output: Uint8Array, outcomes: readonly Outcome[], expected: Expected): void {
  expect(Buffer.compare(output, expected.output)).toBe(0)
  const failed = outcomes.flatMap((outcome) => [...outcome.failed, ...outcome.lost])
  const gone = new Set(failed.flatMap((e) => Array.from({ length: e.length }, (_, i) => e.start + i)))
  expect([...gone].sort((a, b) => a - b)).toEqual(expected.lost)
  expect(totalLength(failed)).toBe(gone.size)
  expect(outcomes.reduce((sum, outcome) => sum + outcome.zeroSectorBytes, 0)).toBe(expected.zeroSectorBytes)
  for (const { done, failed, lost } of outcomes) {
    for (const e of [...failed, ...lost]) expect(e.start >= done.start && endOf(e) <= endOf(done)).toBe(true)
  }
}
