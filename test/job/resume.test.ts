/**
 * Runs that are disturbed in the middle, each in its way, and gone on with: the output is that of one that was not. SLOW=1
 * disturbs in more ways.
 */
import { execFileSync } from "node:child_process"
import {
  copyFileSync,
  existsSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs"
import { join } from "node:path"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { Status } from "../../src/extents/extent-map.ts"
import { parseMapfile } from "../../src/extents/mapfile.ts"
import { PROGRAM, runProgram } from "../cli/program.ts"
import { requirement } from "../suites/requirements.ts"
import { forThisTest, hasLoopDevices, isRoot, loopDevice, mountTmpfs } from "../suites/system.ts"
import { requireTools, runTool } from "../suites/tools.ts"
import { FLYING, PRELOAD, type SlowStage, setSlowStage } from "./slow-run.ts"

const canMount = requirement("mounting, as root", isRoot)
const canLoop = requirement("loop devices, as root", hasLoopDevices)
const hasDdrescuelog = requireTools("ddrescuelog")
const hasStrace = requireTools("strace")
const MIB = 1 << 20
const SIZE = 56 * MIB
/** What a run reads beside the volume itself: to find it, to open it, to prove it, and to compare the output. */
const OVERHEAD = 4 * MIB

let stage: SlowStage
let output: string
beforeAll(async () => {
  stage = await setSlowStage(SIZE)
  output = join(stage.folder, "out.img")
})
afterAll(() => stage.dispose())

function finishedIn(map: string) {
  const mapfile = parseMapfile(readFileSync(map, "utf8"), SIZE)
  if ("fault" in mapfile) throw new Error(mapfile.fault)
  return mapfile.map.extentsOf(Status.finished)
}

const sum = (extents: readonly { readonly length: number }[]): number =>
  extents.reduce((bytes, { length }) => bytes + length, 0)

describe.skipIf(!hasStrace)("a run that nobody disturbs", () => {
  it("waits for no medium before its first checkpoint is due, and leaves nothing but the output", () => {
    const { path, fvek } = stage.volume
    const trace = join(stage.folder, "trace")
    const calls = "trace=fsync,fdatasync,sync_file_range,rename"
    const program = [process.execPath, PROGRAM, path, output, "--fvek", fvek, "-q", "--lanes", "2"]
    runTool("strace", "-f", "-qq", "-e", calls, "-o", trace, ...program)
    const seen = readFileSync(trace, "utf8")
      .split("\n")
      .filter((line) => /sync|rename/.test(line))
    expect(seen).toEqual([])
    expect(stage.isPlaintext(output)).toBe(true)
    expect(readdirSync(stage.folder).filter((name) => name.startsWith("out.img"))).toEqual(["out.img"])
  })
})

describe("a run that is stopped", () => {
  const signals = [
    ["SIGHUP", 129],
    ["SIGINT", 130],
    ["SIGTERM", 143],
  ] as const
  it.each(process.env.SLOW ? signals : signals.slice(0, 1))(
    "by %s ends with %i, says how to go on, and goes on",
    async (signal, exitCode) => {
      rmSync(output, { force: true })
      const first = await stage.attempt({ output, disturb: { afterMs: 900, by: signal } })
      expect(first.run.exitCode).toBe(exitCode)
      expect(String(first.run.stdout)).toContain("the same command goes on from there")
      const finished = finishedIn(`${output}.map`)
      for (const extent of finished) expect(stage.isPlaintext(output, extent)).toBe(true)

      const second = await stage.attempt({ output, bytesPerSecond: 1 << 30 })
      expect(second.run.exitCode).toBe(0)
      expect(stage.isPlaintext(output)).toBe(true)
      // All that was written is in the map: a stop makes a checkpoint.
      expect(second.bytes).toBeLessThanOrEqual(SIZE - sum(finished) + OVERHEAD)
      expect(SIZE - sum(finished)).toBeLessThanOrEqual(SIZE - first.bytes + OVERHEAD + FLYING)
      expect(existsSync(`${output}.map`)).toBe(false)
    },
  )

  it("by a kill while it proves its output is gone on with, and not refused", async () => {
    rmSync(output, { force: true })
    const { path, fvek } = stage.volume
    const words = [path, output, "--fvek", fvek, "--json"]
    // Only reading back is slow.
    const slow = { path: output, log: join(stage.folder, "read-back"), bytesPerSecond: 4096 }
    const first = await runProgram(words, {
      env: { SLOW_INPUT: JSON.stringify(slow) },
      nodeOptions: ["--import", PRELOAD],
      onOutput(text, kill) {
        if (text.includes('"phase":"proof"')) setTimeout(() => kill("SIGKILL"), 300)
      },
    })
    expect(first.signal).toBe("SIGKILL")
    const second = await runProgram(words)
    expect(second.exitCode, second.stdout.toString()).toBe(0)
    expect(stage.isPlaintext(output)).toBe(true)
    expect(existsSync(`${output}.map`)).toBe(false)
  })

  it("twice, hashed, gives the hash of the whole", async () => {
    rmSync(output, { force: true })
    const stop = (afterMs: number) => ({ output, disturb: { afterMs, by: "SIGINT" } }) as const
    await stage.attempt(stop(700))
    await stage.attempt(stop(700))
    const { run } = await stage.attempt({ output, bytesPerSecond: 1 << 30, args: ["--hash", "sha256"] })
    const [expected] = String(runTool("sha256sum", stage.volume.plaintext)).split(" ")
    expect(String(run.stdout)).toContain(`"sha256":"${expected}"`)
  })

  it.runIf(process.env.SLOW)("and whose map is kept by name, can be looked at with ddrescuelog", async () => {
    rmSync(output, { force: true })
    const map = join(stage.folder, "named.map")
    const args = ["--map", map, "--source-map", `${map}.source`]
    await stage.attempt({ output, args, disturb: { afterMs: 900, by: "SIGINT" } })
    await stage.attempt({ output, args, bytesPerSecond: 1 << 30 })
    expect(sum(finishedIn(map))).toBe(SIZE)
    if (!hasDdrescuelog) return
    execFileSync("ddrescuelog", ["--done-status", map])
    // The metadata and the rest that the volume shows as zeros was read nowhere.
    const sectors = String(runTool("ddrescuelog", "--list-blocks=+", `${map}.source`)).split("\n").length - 1
    expect(sectors * 512).toBeLessThan(SIZE)
    expect(sectors * 512).toBeGreaterThan(SIZE - MIB)
    rmSync(map)
    rmSync(`${map}.source`)
  })
})

describe("an input that goes away", () => {
  it("ends with 10, and is gone on with when it is back", async () => {
    rmSync(output, { force: true })
    const { path } = stage.volume
    const copy = `${path}.copy`
    copyFileSync(path, copy)
    const away = await stage.attempt({
      output,
      disturb: { afterMs: 900, by: () => truncateSync(path, MIB) },
    })
    expect(away.run.exitCode).toBe(10)
    const left = SIZE - sum(finishedIn(`${output}.map`))
    expect(left).toBeGreaterThan(0)
    copyFileSync(copy, path)
    rmSync(copy)
    const back = await stage.attempt({ output, bytesPerSecond: 1 << 30 })
    expect(back.run.exitCode).toBe(0)
    expect(back.bytes).toBeLessThanOrEqual(left + OVERHEAD)
    expect(stage.isPlaintext(output)).toBe(true)
  })
})

describe.skipIf(!canLoop)("a drive as the output", () => {
  it("is gone on with from a map in the current folder, and nobody is asked whether to overwrite it", async () => {
    const file = join(stage.folder, "drive")
    writeFileSync(file, "")
    truncateSync(file, SIZE + MIB)
    const drive = forThisTest(loopDevice(file)).path
    const first = await stage.attempt({ output: drive, disturb: { afterMs: 900, by: "SIGINT" } })
    expect(first.run.exitCode).toBe(130)
    const maps = readdirSync(stage.folder).filter((name) => /^repair-bde-[0-9A-F]{8}\.map$/.test(name))
    expect(maps).toHaveLength(1)
    const left = SIZE - sum(finishedIn(join(stage.folder, maps[0]!)))
    const second = await stage.attempt({ output: drive, bytesPerSecond: 1 << 30 })
    expect(second.run.exitCode).toBe(0)
    expect(second.bytes).toBeLessThanOrEqual(left + OVERHEAD)
    expect(stage.isPlaintext(drive)).toBe(true)
    expect(existsSync(join(stage.folder, maps[0]!))).toBe(false)
  })

  it("is not gone on with when another drive has its name", async () => {
    const files = ["one", "two"].map((name) => join(stage.folder, name))
    const [one, two] = files.map((file) => {
      writeFileSync(file, "")
      truncateSync(file, SIZE)
      return forThisTest(loopDevice(file)).path
    })
    const args = ["--map", join(stage.folder, "drive.map")]
    await stage.attempt({ output: one!, args, disturb: { afterMs: 900, by: "SIGINT" } })
    const { run } = await stage.attempt({ output: two!, args })
    expect(run.exitCode).toBe(16)
    expect(String(run.stdout)).toContain(`${two} is not what its map says`)
  })
})

describe.skipIf(!canMount)("an output whose disk is full", () => {
  it("loses nothing that was written, says how much is missing, and is gone on with", async () => {
    const small = forThisTest(mountTmpfs(24 * MIB))
    const full = join(small.path, "out.img")
    const first = await stage.attempt({ output: full, bytesPerSecond: 1 << 30 })
    expect(first.run.exitCode).toBe(16)
    const finished = finishedIn(`${full}.map`)
    const missing = SIZE - sum(finished)
    expect(String(first.run.stdout)).toContain(
      `no space left for ${full}: ${missing} of ${SIZE} bytes are missing`,
    )
    // Room was kept for the map; of the output, all but what the lanes had begun is in it.
    expect(sum(finished)).toBeGreaterThanOrEqual(statSync(full).blocks * 512 - MIB)
    for (const extent of finished) expect(stage.isPlaintext(full, extent)).toBe(true)

    runTool("mount", "-o", `remount,size=${2 * SIZE}`, small.path)
    const second = await stage.attempt({ output: full, bytesPerSecond: 1 << 30 })
    expect(second.run.exitCode).toBe(0)
    expect(second.bytes).toBeLessThanOrEqual(missing + OVERHEAD)
    expect(stage.isPlaintext(full)).toBe(true)
  })
})
