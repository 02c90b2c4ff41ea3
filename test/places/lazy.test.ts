/** Who names no place loads nothing of them: not the library, and no command. */
import { spawnSync } from "node:child_process"
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { afterAll, describe, expect, it } from "vitest"

const ROOT = fileURLToPath(new URL("../..", import.meta.url))
const PROGRAM = join(ROOT, "dist/bin/main.js")
const SAMPLE = [join(ROOT, "sample/volume.img"), join(ROOT, "sample/credentials.txt")] as const
/** Stands in the code of places, and nowhere else. */
const MARK = "msfve-recoverypassword"

const folder = mkdtempSync(join(tmpdir(), "repair-bde-lazy-"))
afterAll(() => rmSync(folder, { recursive: true }))

/** The code of every file that V8 compiled. */
function codeLoadedBy(...args: readonly string[]): string[] {
  const coverage = mkdtempSync(join(folder, "coverage-"))
  const env = { ...process.env, NODE_OPTIONS: "", NODE_V8_COVERAGE: coverage }
  const { status, stderr } = spawnSync(process.execPath, args, { env, cwd: folder, encoding: "utf8" })
  // 3: the sample volume is a damaged one.
  expect([0, 3], stderr).toContain(status)
  const urls = readdirSync(coverage).flatMap((name) => {
    const { result } = JSON.parse(readFileSync(join(coverage, name), "utf8")) as { result: { url: string }[] }
    return result.map(({ url }) => url).filter((url) => url.startsWith("file:"))
  })
  return [...new Set(urls)].map((url) => readFileSync(fileURLToPath(url), "utf8"))
}

const holdsPlaces = (code: readonly string[]): boolean => code.some((text) => text.includes(MARK))

describe("the code of places", () => {
  it("is not loaded with the library", () => {
    const code = codeLoadedBy(join(ROOT, "dist/index.js"))
    expect(code.length).toBeGreaterThan(10)
    expect(holdsPlaces(code)).toBe(false)
  })

  it("is not loaded by a repair that is told its key", () => {
    const [volume, credentials] = SAMPLE
    const code = codeLoadedBy(PROGRAM, volume, "out.img", "--credentials-file", credentials)
    expect(holdsPlaces(code)).toBe(false)
  })

  it("is loaded by a command that is told a place, with no package beside it", () => {
    const [volume, credentials] = SAMPLE
    expect(holdsPlaces(codeLoadedBy(PROGRAM, "keys", "find", volume, "--in", credentials))).toBe(true)
  })
})
