import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, expect, it } from "vitest"
import { logFile } from "../../src/cli/log-file.ts"
import type { Reporter } from "../../src/cli/reporters.ts"
import { SinkError } from "../../src/errors.ts"

const folder = mkdtempSync(join(tmpdir(), "repair-bde-log-"))
afterAll(() => rmSync(folder, { recursive: true }))

function open(path: string, paths: readonly string[] = []): Reporter {
  return logFile({ path, paths, head: "head", now: () => Date.UTC(2026, 0, 2, 3, 4, 5) })
}

it("tells the run with the time, and continues a log", () => {
  const path = join(folder, "log.txt")
  for (let run = 0; run < 2; run++) {
    const log = open(path)
    log.event({ type: "phase", phase: "unlock" })
    log.event({ type: "progress", phase: "unlock", done: 1, total: 2, unreadable: 0 })
    log.event({ type: "finding", finding: { code: "x", severity: "good", text: "all is well" } })
    log.warning("mind the gap")
    log.result({ document: {}, lines: ["done", "", "next: rest"] })
    log.close()
  }
  const at = "2026-01-02T03:04:05.000Z"
  const lines = ["head", "phase: unlock", "good: all is well", "warning: mind the gap", "done", "next: rest"]
  const run = lines.map((line) => `${at} ${line}\n`).join("")
  expect(readFileSync(path, "utf8")).toBe(`repair-bde log\n${run}${run}`)
})

it("is no file that exists and is something else", () => {
  const image = join(folder, "disk.img")
  writeFileSync(image, "an image")
  expect(() => open(image)).toThrow(SinkError)
  expect(readFileSync(image, "utf8")).toBe("an image")
})

it("is neither INPUT nor OUTPUT, even when they are empty", () => {
  const empty = join(folder, "empty")
  writeFileSync(empty, "")
  expect(() => open(empty, ["other", empty])).toThrow(/INPUT or OUTPUT/)
  expect(readFileSync(empty, "utf8")).toBe("")
})

it("says why it cannot be written", () => {
  expect(() => open(join(folder, "missing", "log"))).toThrow(/ENOENT/)
})
