/**
 * The program, killed at random moments and started again: the output is the one of a run that nobody disturbed, and no run
 * reads more than what was left and what the last checkpoint did not hold. SLOW=1 kills it 200 times; KILL_FIGURES names a
 * file for the figures.
 */
import { appendFileSync, closeSync, openSync, readFileSync, readSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { type Volume, makeVolume } from "../../bench/make-volume.ts"
import { EncryptionMethod } from "../../src/crypto/method.ts"
import { TICKET_LENGTH } from "../../src/rescue/next-tickets.ts"
import { type Run, runProgram } from "../cli/program.ts"
import { randomBytes } from "../suites/random-bytes.ts"
import { temporaryFolder } from "../suites/system.ts"

const KILLS = process.env.SLOW ? 200 : 3
const SIZE = 112 << 20
const LANES = 2
const BYTES_PER_SECOND_AND_LANE = 16 << 20
/** Seconds; the shortest that the program takes. */
const MAP_INTERVAL = 1
/** From the end of the interval until the map is on its medium, and from its last line until a read is given up. */
const GRACE_MS = 500
const PRELOAD = new URL("slow-input.mjs", import.meta.url).href

const folder = temporaryFolder()
const output = join(folder.path, "out.img")
const log = join(folder.path, "reads")
let volume: Volume
let undisturbed: { readonly bytes: number; readonly ms: number }

interface Attempt {
  readonly run: Run
  /** Of the input. */
  readonly bytes: number
  /** Of those, what no checkpoint can be expected to hold. */
  readonly recent: number
  readonly ms: number
}

beforeAll(async () => {
  volume = await makeVolume(folder.path, "volume", EncryptionMethod.xtsAes128, SIZE)
  const { run, bytes, ms } = await attempt()
  expect(run.exitCode).toBe(0)
  undisturbed = { bytes, ms }
})
afterAll(folder.dispose)

async function attempt(killAfterMs?: number): Promise<Attempt> {
  writeFileSync(log, "")
  const started = Date.now()
  let killed = Infinity
  const slow = { path: volume.path, log, bytesPerSecond: BYTES_PER_SECOND_AND_LANE }
  const run = await runProgram(
    [volume.path, output, "--fvek", volume.fvek, "--lanes", `${LANES}`, "--map-interval", `${MAP_INTERVAL}`],
    {
      env: { SLOW_INPUT: JSON.stringify(slow) },
      nodeOptions: ["--import", PRELOAD],
      onStart(kill) {
        if (killAfterMs === undefined) return
        const timer = setTimeout(() => {
          killed = Date.now()
          kill("SIGKILL")
        }, killAfterMs)
        return () => clearTimeout(timer)
      },
    },
  )
  const reads = readFileSync(log, "utf8")
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => line.split(" ").map(Number) as [number, number, number])
  const sum = (some: typeof reads): number => some.reduce((bytes, [, , length]) => bytes + length, 0)
  return {
    run,
    bytes: sum(reads),
    recent: sum(reads.filter(([at]) => at > killed - 1000 * MAP_INTERVAL - GRACE_MS)),
    ms: Date.now() - started,
  }
}

function isPlaintext(): boolean {
  const files = [output, volume.plaintext].map((path) => openSync(path, "r"))
  const buffers = files.map(() => new Uint8Array(1 << 20))
  try {
    for (let at = 0; at < SIZE; at += 1 << 20) {
      const [ours, expected] = files.map((fd, i) =>
        buffers[i]!.subarray(0, readSync(fd, buffers[i]!, 0, 1 << 20, at)),
      )
      if (Buffer.compare(ours!, expected!) !== 0) return false
    }
    return true
  } finally {
    files.forEach(closeSync)
  }
}

describe("killed and started again", () => {
  it(`gives the same bytes, ${KILLS} times, and reads no more than it has to`, async () => {
    const random = new Uint32Array(randomBytes(4 * KILLS * 8, 1).slice().buffer)
    const share = (i: number): number => random[i]! / 2 ** 32
    const histogram = Array<number>(10).fill(0)
    const excesses: number[] = []
    const wrong: number[] = []
    for (let i = 0; i < KILLS; i++) {
      rmSync(output)
      const first = await attempt(share(2 * i) * undisturbed.ms)
      const wasKilled = first.run.signal === "SIGKILL"
      const progress = first.bytes / undisturbed.bytes
      histogram[Math.min(9, Math.floor(10 * progress))]!++
      const second = wasKilled ? await attempt() : undefined
      if (second && second.run.exitCode !== 0) throw new Error(second.run.stderr)
      if (!isPlaintext()) wrong.push(i)
      if (!second) continue
      // What finding, unlocking and proving read, each run reads; a lane loses the tickets that it has begun.
      const overhead = undisturbed.bytes - SIZE
      const left = Math.max(0, undisturbed.bytes - first.bytes)
      const allowed = left + overhead + first.recent + LANES * TICKET_LENGTH
      excesses.push(second.bytes - allowed)
      if (process.env.KILL_FIGURES) {
        const line = { run: i, progress, killed: first.bytes, left, allowed, resumed: second.bytes }
        appendFileSync(process.env.KILL_FIGURES, `${JSON.stringify(line)}\n`)
      }
    }
    const summary = { kills: KILLS, resumed: excesses.length, wrong: wrong.length, histogram, undisturbed }
    console.log(`kill -9: ${JSON.stringify(summary)}`)
    expect(wrong).toEqual([])
    expect(excesses.filter((excess) => excess > 0)).toEqual([])
    expect(excesses.length).toBeGreaterThan(KILLS / 2)
  }, 3_600_000)
})
