/** The code cache of the built program: taken when it is the one that the build left, and never missed when it is not. */
import { spawnSync } from "node:child_process"
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { createRequire } from "node:module"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { afterAll, beforeEach, describe, expect, it } from "vitest"
import type { CompiledProgram } from "../../src/cli/load-program.ts"

const ROOT = fileURLToPath(new URL("../..", import.meta.url))
const { version: VERSION } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as {
  version: string
}
const folder = mkdtempSync(join(tmpdir(), "repair-bde-code-cache-"))
const PROGRAM = join(folder, "dist/bin/run.js")
const CACHE = `${PROGRAM}.cache`

beforeEach(() => {
  for (const path of ["dist/bin", "package.json"]) {
    cpSync(join(ROOT, path), join(folder, path), { recursive: true })
  }
})
afterAll(() => rmSync(folder, { recursive: true }))

const isCached = (): boolean => {
  const { compileProgram } = createRequire(import.meta.url)(join(folder, "dist/bin/load-program.js")) as {
    compileProgram: () => CompiledProgram
  }
  return compileProgram().isCached
}

const answer = (): { status: number | null; stdout: string } =>
  spawnSync(process.execPath, [join(folder, "dist/bin/main.js"), "--version"], { encoding: "utf8" })

describe("the code cache", () => {
  it("is taken as the build left it", () => {
    expect(isCached()).toBe(true)
    expect(answer()).toMatchObject({ status: 0, stdout: `repair-bde ${VERSION}\n` })
  })

  it("is not taken when a bit of it has flipped: V8 would crash, or run something else", () => {
    const cache = readFileSync(CACHE)
    // Of the digest, of V8's header, of the code.
    for (const at of [3, 32 + 24, 32 + 30, Math.floor(cache.length / 2), cache.length - 1]) {
      const flipped = Uint8Array.from(cache)
      flipped[at]! ^= 0x10
      writeFileSync(CACHE, flipped)
      expect(isCached(), `bit of byte ${at}`).toBe(false)
      expect(answer()).toMatchObject({ status: 0, stdout: `repair-bde ${VERSION}\n` })
    }
  })

  it("is not taken for another program of the same length, which is all that V8 looks at", () => {
    writeFileSync(PROGRAM, readFileSync(PROGRAM, "utf8").replaceAll("repair-bde", "repair-xxx"))
    expect(isCached()).toBe(false)
    expect(answer()).toMatchObject({ status: 0, stdout: `repair-xxx ${VERSION}\n` })
  })

  it.each([0, 20, 32, 1000])("is not taken when it ends after %i bytes", (length) => {
    writeFileSync(CACHE, readFileSync(CACHE).subarray(0, length))
    expect(isCached()).toBe(false)
    expect(answer().status).toBe(0)
  })

  it("is not missed", () => {
    rmSync(CACHE)
    expect(isCached()).toBe(false)
    expect(answer().status).toBe(0)
  })
})
