/** Plans against a naive twin that asks, byte position by byte position, what a volume's facts say of it. */
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { EncryptionMethod } from "../../src/crypto/method.ts"
import { type Extent, contains, endOf, extent } from "../../src/extents/extent.ts"
import { type PlanFacts, planVolume } from "../../src/volume/plan-volume.ts"
import { type Run, isStoredEncrypted, planRead, storedAt } from "../../src/volume/volume-plan.ts"

const SECTOR = 512
const sectors = (start: number, count: number): Extent => extent(start * SECTOR, count * SECTOR)

const someSectors = fc.tuple(fc.nat(60), fc.nat(12)).map(([start, count]) => sectors(start, count))
const facts = fc
  .record({
    size: fc.integer({ min: 1, max: 60 }),
    missingHead: fc.nat(8),
    missingTail: fc.nat(10),
    head: fc.option(fc.tuple(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 6, max: 62 })), {
      nil: undefined,
    }),
    zeroed: fc.array(someSectors, { maxLength: 4 }),
    storedPlain: fc.array(someSectors, { maxLength: 5 }),
    encrypted: fc.boolean(),
  })
  .map(({ size, missingHead, missingTail, head, zeroed, storedPlain, encrypted }): PlanFacts => ({
    size: size * SECTOR,
    held: sectors(missingHead, Math.max(0, size - missingHead - missingTail)),
    sectorSize: SECTOR,
    ...(encrypted && { method: EncryptionMethod.xtsAes128 }),
    ...(head && { headBackup: sectors(head[1], head[0]) }),
    zeroed,
    storedPlain,
    substitutions: [],
  }))

/** What the sector at `at` is, in words, straight from the facts. */
function naive(f: PlanFacts, at: number): string {
  const how = (place: number): string => {
    if (!contains(f.held, place)) return "unreadable"
    const isPlain = f.method === undefined || f.storedPlain.some((e) => contains(e, place))
    return `${isPlain ? "plain" : "encrypted"} at ${place}`
  }
  const { headBackup } = f
  if (headBackup && at < headBackup.length) return how(headBackup.start + at)
  if ([...f.zeroed, ...(headBackup ? [headBackup] : [])].some((e) => contains(e, at))) return "zeroed"
  return how(at)
}

function planned(run: Run, at: number): string {
  const from = storedAt(run)
  if (from === undefined) return run.kind
  return `${isStoredEncrypted(run) ? "encrypted" : "plain"} at ${from + at - run.extent.start}`
}

describe("planVolume", () => {
  it("says of every sector what the facts say of it, and tiles the volume", () => {
    fc.assert(
      fc.property(facts, (f) => {
        const plan = planVolume(f)
        let at = 0
        for (const run of plan.runs) {
          expect(run.extent.start).toBe(at)
          expect(run.extent.length).toBeGreaterThan(0)
          for (; at < endOf(run.extent); at += SECTOR) expect(planned(run, at)).toBe(naive(f, at))
        }
        expect(at).toBe(f.size)
      }),
      { numRuns: 500 },
    )
  })

  it("reads any part of the plan as the whole plan says", () => {
    fc.assert(
      fc.property(facts, fc.nat(59), fc.nat(30), (f, first, count) => {
        const plan = planVolume(f)
        const asked = extent(
          Math.min(first * SECTOR, f.size),
          Math.min(count * SECTOR, f.size - Math.min(first * SECTOR, f.size)),
        )
        const runs = planRead(plan, asked)
        let at = asked.start
        for (const run of runs) {
          expect(run.extent.start).toBe(at)
          for (; at < endOf(run.extent); at += SECTOR) expect(planned(run, at)).toBe(naive(f, at))
        }
        expect(at).toBe(endOf(asked))
      }),
    )
  })
})
