import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest"
import { ABSENCES_FOLDER, requirement } from "./requirements.ts"
import { describeAbsences, readAbsences } from "./requirements-report.ts"

describe("a requirement", () => {
  let folder: string
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "repair-bde-absences-"))
    vi.stubEnv(ABSENCES_FOLDER, folder)
    vi.stubEnv("REPAIR_BDE_TEST", "")
  })
  afterEach(() => {
    vi.unstubAllEnvs()
    rmSync(folder, { recursive: true })
  })

  it("that is there is no news", () => {
    expect(requirement("a floor", true)).toBe(true)
    expect(readAbsences(folder)).toEqual([])
  })

  it("that is absent stands on the closing list, once, with the files that skip something for it", () => {
    expect([requirement("a moon", false), requirement("a moon", false)]).toEqual([false, false])
    const list = describeAbsences(readAbsences(folder)).split("\n")
    expect(list.filter((line) => line.includes("a moon"))).toEqual([
      "  a moon: test/suites/requirements.test.ts",
    ])
  })

  it("that is absent fails a full run", () => {
    vi.stubEnv("REPAIR_BDE_TEST", "full")
    expect(() => requirement("a moon", false)).toThrow("a moon")
    expect(requirement("a floor", true)).toBe(true)
  })
})
