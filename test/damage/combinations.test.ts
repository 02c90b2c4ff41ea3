/** Combinations of three injuries, seeded: right to the byte, or refused where the oracle says that nothing can be known. */
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, describe, expect, it } from "vitest"
import open from "./open.json" with { type: "json" }
import { attemptRepair } from "./attempt.ts"
import { combine, type Combination } from "./combinations.ts"
import { recordOf } from "./tally.ts"

const RUNS = process.env.SLOW ? 300 : 12

const folder = mkdtempSync(join(tmpdir(), "repair-bde-combinations-"))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const REFUSED = ["refused 11", "refused 12", "refused 13"]
/** Not survived yet: what comes of it today. */
const OPEN: Readonly<Record<string, string>> = open.seeds

const ALLOWED: Readonly<Record<Combination["must"], readonly string[]>> = {
  recover: ["recovered"],
  either: ["recovered", "withheld", ...REFUSED],
}

describe("three injuries at random", () => {
  it.for(Array.from({ length: RUNS }, (_, i) => i + 1))("seed %i", async (seed, { task }) => {
    const { victim, scenario, must } = await combine(seed)
    const outcome = await attemptRepair(victim, scenario, folder)
    const { result, detail } = outcome
    const about = {
      kind: "combination",
      name: `${seed}`,
      volume: victim.name,
      expected: ALLOWED[must],
    } as const
    task.meta.damage = recordOf(about, outcome)
    const open = OPEN[seed]
    if (open) {
      expect(result).toBe(open)
      return
    }
    expect(ALLOWED[must], `${victim.name}, ${scenario.story}: ${detail}`).toContain(result)
  })
})
