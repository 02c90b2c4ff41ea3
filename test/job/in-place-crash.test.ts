/** The program itself under a repair in place: killed at every write, and watched by strace. */
import { spawnSync } from "node:child_process"
import { readFileSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, it } from "vitest"
import { toHex } from "../../src/bytes/hex.ts"
import { bootSectorZeroed, copiesDestroyed, together } from "../patch/damage.ts"
import { forgeNamed } from "../peers/volumes.ts"
import { PROGRAM, runProgram } from "../cli/program.ts"
import { forThisTest, temporaryFolder } from "../suites/system.ts"
import { requireTools } from "../suites/tools.ts"

const hasStrace = requireTools("strace")
const PRELOAD = new URL("die-at-write.mjs", import.meta.url).href

async function scene() {
  const volume = await forgeNamed("windows8-xts-128")
  const damaged = together(copiesDestroyed(1, 3), bootSectorZeroed)(volume)
  const folder = forThisTest(temporaryFolder()).path
  const input = join(folder, "drive.img")
  const undoFile = join(folder, "drive.undo")
  writeFileSync(input, damaged)
  writeFileSync(join(folder, "keys.txt"), `vmk: ${toHex(volume.vmk!)}\n`)
  const args = [
    input,
    "-nov",
    "--credentials-file",
    join(folder, "keys.txt"),
    "--yes-write-to",
    volume.protectors[0]!.id,
  ]
  return { volume, damaged, folder, input, undoFile, args: [...args, "--undo-file", undoFile] }
}

describe("a run that is killed", () => {
  it("at any write, before, in and after it, is taken back by undo", async () => {
    const { damaged, input, undoFile, args } = await scene()
    const isDamaged = (): boolean => Buffer.compare(readFileSync(input), damaged) === 0
    let killed = 0
    for (let write = 1; ; write++) {
      let wasReached = false
      for (const bytes of [0, 0.37, 1]) {
        const env = { DIE_AT_WRITE: JSON.stringify({ path: input, write, bytes }) }
        const { signal, exitCode } = await runProgram(args, { env, nodeOptions: ["--import", PRELOAD] })
        wasReached = signal === "SIGKILL"
        if (!wasReached) expect(exitCode).toBe(0)
        else killed++
        if (wasReached && (write > 1 || bytes > 0)) expect(isDamaged()).toBe(false)
        const undone = await runProgram(["undo", undoFile, input, "--json"])
        expect(undone.exitCode).toBe(0)
        expect(isDamaged()).toBe(true)
        rmSync(undoFile)
        if (!wasReached) break
      }
      if (!wasReached) break
    }
    console.log(`fault injection: the program was killed ${killed} times, all were taken back`)
    expect(killed).toBe(3 * 3)
  }, 120_000)
})

describe.skipIf(!hasStrace)("the drive, as the system sees it,", () => {
  const CALLS =
    "open,openat,creat,pwrite64,write,writev,pwritev,ftruncate,truncate,fallocate,rename,unlink,link,fdatasync"

  /** What a run did with the drive: calls in order, without those that only read. */
  function traced(folder: string, input: string, args: readonly string[]): string[] {
    const trace = join(folder, "trace.txt")
    const { status } = spawnSync("strace", [
      "-f",
      "-qq",
      "-y",
      "-e",
      `trace=${CALLS}`,
      "-o",
      trace,
      process.execPath,
      PROGRAM,
      ...args,
    ])
    expect(status).toBe(0)
    return readFileSync(trace, "utf8")
      .split("\n")
      .filter((line) => line.includes(input) && !line.includes("O_RDONLY") && !line.includes("resumed"))
      .map((line) => line.replace(/^\d+\s+/, ""))
  }

  /** `open`, `write LENGTH AT`, `sync`. */
  function inWords(call: string): string {
    if (/^open(at)?\(/.test(call))
      return `open ${/O_(WRONLY|RDWR)[^)]*/.exec(call)?.[0] ?? call}`.replace(/\|O_CLOEXEC/, "")
    const [, length, at] = /^pwrite64\(.*, (\d+), (\d+)(?:\)| <)/.exec(call) ?? []
    if (length) return `write ${length} ${at}`
    return call.startsWith("fdatasync(") ? "sync" : call
  }

  it("is opened for writing once, written to where the patch says, and synced after each write", async () => {
    const { volume, folder, input, undoFile, args } = await scene()
    const [first, , third] = volume.metadataOffsets
    const repaired = traced(folder, input, args).map(inWords)
    const copies = [first!, third!].map((at) => [`write 65536 ${at}`, "sync"])
    expect(repaired[0]).toBe("open O_WRONLY")
    expect(repaired.slice(-2)).toEqual(["write 512 0", "sync"])
    expect(repaired.slice(1, -2).sort()).toEqual(copies.flat().sort())
    const undone = traced(folder, input, ["undo", undoFile, input]).map(inWords)
    expect(undone.slice(0, 3)).toEqual(["open O_WRONLY", "write 512 0", "sync"])
    expect(undone).toHaveLength(repaired.length)
  })

  it("is written to only after the undo file, its name included, is on the medium", async () => {
    const { folder, undoFile, input, args } = await scene()
    const trace = join(folder, "order.txt")
    const watched = "trace=fsync,rename,renameat,renameat2,pwrite64"
    spawnSync("strace", ["-f", "-qq", "-y", "-e", watched, "-o", trace, process.execPath, PROGRAM, ...args])
    const calls = readFileSync(trace, "utf8").split("\n")
    const first = (pattern: RegExp): number => calls.findIndex((call) => pattern.test(call))
    const steps = [
      first(/fsync\(.*drive\.undo\.partial/),
      first(/rename.*drive\.undo\.partial/),
      calls.findLastIndex((call) => call.includes("fsync(") && call.includes(`${folder}>`)),
      calls.findIndex((call) => call.includes("pwrite64(") && call.includes(input)),
    ]
    expect(
      steps.every((at) => at >= 0),
      `${undoFile} ${steps.join()}`,
    ).toBe(true)
    expect(steps).toEqual([...steps].sort((a, b) => a - b))
  })

  it("is not opened for writing by a dry run, nor without agreement, nor where nothing is wrong", async () => {
    const { volume, folder, input, undoFile, args } = await scene()
    expect(traced(folder, input, [...args, "--dry-run"])).toEqual([])
    writeFileSync(input, volume.image)
    expect(traced(folder, input, args)).toEqual([])
    expect(() => readFileSync(undoFile)).toThrow("ENOENT")
  })
})
