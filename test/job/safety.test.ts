/** The source is never written to: every command under strace, and the digest of the source before and after. */
import { createHash } from "node:crypto"
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { spawnSync } from "node:child_process"
import { afterAll, describe, expect, it } from "vitest"
import { requireTools } from "../suites/tools.ts"

const hasStrace = requireTools("strace")
const folder = mkdtempSync(join(tmpdir(), "repair-bde-safety-"))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const ROOT = new URL("../../", import.meta.url).pathname
const PROGRAM = join(ROOT, "dist/bin/main.js")
const SAMPLE = join(ROOT, "sample/volume.img")
const KEY = ["--credentials-file", join(ROOT, "sample/credentials.txt")]
const input = join(folder, "drive.img")
const output = join(folder, "out.img")

const digest = (path: string): string => createHash("sha256").update(readFileSync(path)).digest("hex")

/** The lines in which a process opened, cut or renamed the source. */
function callsOnSource(args: readonly string[]): { calls: string[]; exitCode: number | null } {
  const trace = join(folder, "trace.txt")
  const watched =
    "trace=open,openat,openat2,creat,truncate,rename,renameat,renameat2,unlink,unlinkat,link,linkat"
  const { status } = spawnSync("strace", [
    "-f",
    "-qq",
    "-e",
    watched,
    "-o",
    trace,
    process.execPath,
    PROGRAM,
    ...args,
  ])
  const calls = readFileSync(trace, "utf8")
    .split("\n")
    .filter((line) => line.includes(`"${input}"`))
  return { calls, exitCode: status }
}

describe.skipIf(!hasStrace)("the source", () => {
  it.each([
    ["inspect", ["inspect", input], 0],
    ["check", ["check", input, ...KEY], 0],
    ["check with a wrong key", ["check", input, "--vmk", "00".repeat(32)], 13],
    ["repair", ["repair", input, output, "-f", ...KEY, "--hash", "sha256"], 3],
    ["repair with several workers", ["repair", input, output, "-f", "--lanes", "2", ...KEY], 3],
    ["repair --dry-run", ["repair", input, output, "--dry-run", ...KEY], 0],
    ["repair onto the source", ["repair", input, input, "-f", ...KEY], 16],
  ])("is opened for reading only by %s", (_name, args, expectedExit) => {
    writeFileSync(input, readFileSync(SAMPLE))
    const before = digest(input)
    const { calls, exitCode } = callsOnSource(args)
    expect(exitCode).toBe(expectedExit)
    expect(calls.length).toBeGreaterThan(0)
    for (const call of calls) {
      expect(call).toMatch(/open(at2?)?\(/)
      expect(call).toContain("O_RDONLY")
      expect(call).not.toMatch(/O_WRONLY|O_RDWR|O_CREAT|O_TRUNC/)
    }
    expect(digest(input)).toBe(before)
  })
})
