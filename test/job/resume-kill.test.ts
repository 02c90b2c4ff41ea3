/**
 * The program, killed at random moments and started again: the output is the one of a run that nobody disturbed, and no run
 * reads more than what was left and what the last checkpoint did not hold. SLOW=1 kills it 200 times; KILL_FIGURES names a
 * file for the figures.
 */
import { appendFileSync, rmSync } from "node:fs"
import { join } from "node:path"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { randomBytes } from "../suites/random-bytes.ts"
import { type Attempt, FLYING, type SlowStage, setSlowStage } from "./slow-run.ts"

const KILLS = process.env.SLOW ? 200 : 1
const SIZE = (process.env.SLOW ? 112 : 40) << 20

let stage: SlowStage
let output: string
let undisturbed: Attempt
beforeAll(async () => {
  stage = await setSlowStage(SIZE)
  output = join(stage.folder, "out.img")
  undisturbed = await stage.attempt({ output })
})
afterAll(() => stage.dispose())

interface Killed {
  /** Share of the bytes that had been read. */
  readonly progress: number
  readonly left: number
  readonly allowed: number
  /** Bytes that going on read; absent where the run had ended before it was killed. */
  readonly resumed?: number
  readonly isRight: boolean
}

async function killOnce(afterMs: number): Promise<Killed> {
  rmSync(output)
  const first = await stage.attempt({ output, disturb: { since: "start", afterMs, by: "SIGKILL" } })
  const second = first.run.signal === "SIGKILL" ? await stage.attempt({ output }) : undefined
  if (second && second.run.exitCode !== 0) throw new Error(second.run.stderr)
  // What finding, unlocking and proving read, each run reads; a lane loses the tickets that it has begun.
  const overhead = undisturbed.bytes - SIZE
  const left = Math.max(0, undisturbed.bytes - first.bytes)
  return {
    progress: Math.min(1, first.bytes / undisturbed.bytes),
    left,
    allowed: left + overhead + first.recent + FLYING,
    ...(second && { resumed: second.bytes }),
    isRight: stage.isPlaintext(output),
  }
}

describe("killed and started again", () => {
  it("is read slowly enough to be disturbed", () => {
    expect(undisturbed.run.exitCode).toBe(0)
    expect(undisturbed.ms).toBeGreaterThan(1000)
  })

  it(`gives the same bytes, ${KILLS} times, and reads no more than it has to`, async () => {
    const random = new Uint32Array(randomBytes(4 * KILLS, 1).slice().buffer)
    const kills: Killed[] = []
    for (const draw of random) {
      const kill = await killOnce((draw / 2 ** 32) * undisturbed.ms)
      kills.push(kill)
      if (process.env.KILL_FIGURES) appendFileSync(process.env.KILL_FIGURES, `${JSON.stringify(kill)}\n`)
    }
    const histogram = Array.from(
      { length: 10 },
      (_, i) => kills.filter(({ progress }) => Math.min(9, Math.floor(10 * progress)) === i).length,
    )
    console.log(`kill -9, ${KILLS} times, by tenths of the progress: ${histogram.join(" ")}`)
    const resumed = kills.filter((kill) => kill.resumed !== undefined)
    expect(kills.filter(({ isRight }) => !isRight)).toEqual([])
    expect(resumed.filter(({ resumed, allowed }) => resumed! > allowed)).toEqual([])
    expect(resumed.length).toBeGreaterThanOrEqual(KILLS / 2)
  }, 3_600_000)
})
