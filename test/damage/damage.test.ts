/**
 * The damage that must be survived: every scenario file on every volume that it applies to. Wrong bytes without a word are the
 * one unforgivable outcome, so the oracle looks at each byte, and no outcome is skipped.
 */
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, describe, expect, it } from "vitest"
import { requireTools } from "../suites/tools.ts"
import { attemptRepair } from "./attempt.ts"
import open from "./open.json" with { type: "json" }
import { cases, type Case, makeVictim, scenarios } from "./scenario.ts"
import { consultOracle, Fate } from "./oracle.ts"
import { askPeers } from "./peers.ts"
import { recordOf, RESULTS } from "./tally.ts"
import { judgeOutput } from "./verdict.ts"
import { layOnDisk } from "./victim.ts"
import { forgeVolume, VOLUME_NAMES } from "./volumes.ts"

/** Not survived yet: what comes of it today, by scenario and volume. */
const OPEN: Readonly<Record<string, string>> = open.cases

/** All scenarios on all volumes take many minutes: the quick ones stand for them in every run. */
const isFull = process.env.SLOW !== undefined
const hasPeers = requireTools("dislocker-file", "bdemount")
const hasFormatTools = requireTools("mkntfs", "mkfs.exfat", "mkfs.vfat")

const folder = mkdtempSync(join(tmpdir(), "repair-bde-damage-"))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const isRunnable = ({ scenario }: Case): boolean =>
  hasFormatTools || !scenario.injuries.some(({ injury }) => injury === "quick-format")
const isQuick = ({ scenario, volume }: Case): boolean =>
  scenario.quick === true && volume === (scenario.volumes ?? VOLUME_NAMES)[0]

describe("damage", () => {
  const chosen = cases.filter((one) => isRunnable(one) && (isFull || isQuick(one)))

  it.for(chosen.map((one) => [one.scenario.name, one.volume, one] as const))(
    "%s on %s",
    async ([name, volume, one], { task }) => {
      const victim = await makeVictim(one)
      const outcome = await attemptRepair(victim, one.scenario, folder)
      const { result, detail } = outcome
      task.meta.damage = {
        ...recordOf({ kind: "scenario", name, volume, expected: [one.expected] }, outcome),
        ...(RESULTS && hasPeers && { peers: askPeers(victim, folder) }),
      }
      const open = OPEN[`${name} on ${volume}`]
      if (open) {
        expect(`${result}, ${detail}`).toContain(open)
        return
      }
      const fits = result === one.expected || (one.expected === "withheld" && result === "recovered")
      expect(fits ? one.expected : result, detail).toBe(one.expected)
    },
  )

  it("is never wrong with exit code 0, not even where it is not survived yet", () => {
    expect(Object.values(OPEN).filter((outcome) => outcome === "wrong, exit 0")).toEqual([])
  })

  it("has a file for every scenario that was promised", () => {
    expect(scenarios.length).toBeGreaterThanOrEqual(50)
  })
})

describe("the oracle", () => {
  it.each(VOLUME_NAMES)("expects everything of %s when nothing is damaged", async (name) => {
    const victim = layOnDisk(name, await forgeVolume(name))
    const truth = consultOracle(victim)
    expect(truth.fates.every((fate) => fate === Fate.known)).toBe(true)
    expect(judgeOutput(truth.expected, truth, []).judgement).toBe("recovered")
  })

  it("calls a wrong byte wrong, a lost one withheld, and a short output short", async () => {
    const truth = consultOracle(layOnDisk("XTS-128", await forgeVolume("XTS-128")))
    const output = truth.expected.slice()
    const at = output.findIndex((byte) => byte !== 0)
    output[at]! ^= 1
    expect(judgeOutput(output, truth, []).judgement).toBe("wrong")
    expect(judgeOutput(output, truth, [{ start: at, length: 1 }]).judgement).toBe("withheld")
    expect(judgeOutput(truth.expected.subarray(0, -512), truth, []).judgement).toBe("wrong size")
  })
})
