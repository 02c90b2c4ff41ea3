import { AssertionError } from "node:assert"
import { describe, expect, it } from "vitest"
import { crashDocument, renderCrash } from "../../src/cli/crash.ts"
import { Scrubber } from "../../src/cli/scrubber.ts"
import { Secret } from "../../src/crypto/secret.ts"
import { notationsOf } from "./notations.ts"

const DIGITS = "110011-220022-330033-440044-550055-660066-000011-123453"
const PASSWORD = "größer als Ä?"

describe("a crash report", () => {
  const scrubber = new Scrubber()
  for (const secret of [DIGITS, PASSWORD]) scrubber.add(secret)

  const reportOf = (error: unknown): string =>
    [...renderCrash(error, scrubber), JSON.stringify(crashDocument(error, scrubber))].join("\n")

  it("holds no secret in any notation, not even of a cause", () => {
    for (const secret of [DIGITS, PASSWORD]) {
      for (const notation of notationsOf(secret)) {
        const error = new TypeError(`cannot read ${notation}`, { cause: new Error(`since <${notation}>`) })
        error.stack = `TypeError\n    at f${notation} (file:///home/x/dist/cli/run.js:1:2)`
        expect(reportOf(error)).not.toContain(notation)
      }
    }
  })

  it("holds no secret that came up on the way: bytes of a key, or digits that nobody told of", () => {
    const bytes = Uint8Array.from({ length: 32 }, (_, i) => i * 7 + 1)
    const own = new Scrubber()
    own.addSecret(new Secret(bytes))
    own.addSecret(Secret.ofText("token.of.somebody"))
    const hex = Buffer.from(bytes).toString("hex")
    const error = new Error(`${hex} ${Buffer.from(bytes).toString("base64")} token.of.somebody <${DIGITS}>`)
    const report = renderCrash(error, own).join("\n")
    for (const secret of [hex, "token", "110011", "123453"]) expect(report).not.toContain(secret)
    expect(report).toContain("Error: <redacted>")
  })

  it("names the place in our code, not the folders of a person", () => {
    const error = new Error("oops")
    error.stack =
      "Error: oops\n    at run (file:///home/ann/repair-bde/dist/cli/run.js:3:7)\n    at C:\\u\\src\\a.ts:1:2"
    const report = reportOf(error)
    expect(report).toContain("at run (dist/cli/run.js:3:7)")
    expect(report).toContain("at src\\a.ts:1:2")
    expect(report).not.toContain("ann")
  })

  it("leaves out what an assertion compared, and what is no error", () => {
    const error = new AssertionError({ actual: Buffer.from("key"), expected: 1, operator: "strictEqual" })
    expect(reportOf(error)).toContain("AssertionError: assertion failed")
    expect(reportOf("hunter2")).not.toContain("hunter2")
  })

  it("says whose fault it is, and that nothing was harmed", () => {
    expect(renderCrash(new Error("x"), scrubber)[0]).toMatch(
      /this is a bug in repair-bde.*INPUT was only read/,
    )
    expect(crashDocument(new Error("x"), scrubber).error).toMatchObject({ code: "bug", exitCode: 1 })
  })
})
