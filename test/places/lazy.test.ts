/** Who names no place runs nothing of them, nor of a package: not the library, and no command. */
import { spawnSync } from "node:child_process"
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { afterAll, describe, expect, it } from "vitest"

const ROOT = fileURLToPath(new URL("../..", import.meta.url))
const PROGRAM = join(ROOT, "dist/bin/main.js")
const SAMPLE = [join(ROOT, "sample/volume.img"), join(ROOT, "sample/credentials.txt")] as const
const folder = mkdtempSync(join(tmpdir(), "repair-bde-lazy-"))
afterAll(() => rmSync(folder, { recursive: true }))

interface Coverage {
  readonly result: readonly { readonly url: string; readonly functions: readonly FunctionCoverage[] }[]
}

interface FunctionCoverage {
  readonly functionName: string
  readonly ranges: readonly { readonly count: number }[]
}

/** Files that ran, and modules that did: the bundle of the program has each in a function of its name. */
function modulesRunBy(...args: readonly string[]): string[] {
  const coverage = mkdtempSync(join(folder, "coverage-"))
  const env = { ...process.env, NODE_OPTIONS: "", NODE_V8_COVERAGE: coverage }
  const { status, stderr } = spawnSync(process.execPath, args, { env, cwd: folder, encoding: "utf8" })
  // 3: the sample volume is a damaged one.
  expect([0, 3], stderr).toContain(status)
  const files = readdirSync(coverage)
    .flatMap((name) => (JSON.parse(readFileSync(join(coverage, name), "utf8")) as Coverage).result)
    .filter(({ url }) => url.startsWith("file:"))
  const bundled = files
    .flatMap(({ functions }) => functions)
    .filter(({ functionName, ranges }) => /^(src|node_modules)\//.test(functionName) && ranges[0]!.count > 0)
  return [...files.map(({ url }) => url), ...bundled.map(({ functionName }) => functionName)]
}

const ofPlaces = (modules: readonly string[]): string[] => modules.filter((name) => name.includes("/places/"))

describe("the code of places", () => {
  it("does not run when the library is loaded", () => {
    const modules = modulesRunBy(join(ROOT, "dist/index.js"))
    expect(modules.length).toBeGreaterThan(10)
    expect(ofPlaces(modules)).toEqual([])
  })

  it("does not run in a repair that is told its key", () => {
    const [volume, credentials] = SAMPLE
    const modules = modulesRunBy(PROGRAM, volume, "out.img", "--credentials-file", credentials)
    expect(modules).toContain("src/job/repair.ts")
    expect(ofPlaces(modules)).toEqual([])
    expect(modules.filter((name) => name.includes("node_modules/"))).toEqual([])
  })

  it("runs in a command that is told a place, with no package beside it", () => {
    const [volume, credentials] = SAMPLE
    const modules = modulesRunBy(PROGRAM, "keys", "find", volume, "--in", credentials)
    expect(ofPlaces(modules)).not.toEqual([])
  })
})
