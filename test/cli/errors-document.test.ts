/** `docs/errors.md` lists each error of the source with its class and exit code, and none that is not there. */
import { readFileSync, readdirSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { describe, expect, it } from "vitest"
import {
  CredentialError,
  DirectoryError,
  MetadataError,
  NotFveError,
  ProofError,
  SinkError,
  SourceError,
  UnsupportedError,
  UsageError,
} from "../../src/errors.ts"

const ROOT = fileURLToPath(new URL("../..", import.meta.url))
const SOURCE = join(ROOT, "src")

const CLASSES = [
  UsageError,
  SourceError,
  NotFveError,
  ProofError,
  MetadataError,
  CredentialError,
  UnsupportedError,
  DirectoryError,
  SinkError,
]

/** `class code`, one for each place that makes an error. */
function errorsInSource(): string[] {
  const files = readdirSync(SOURCE, { recursive: true, encoding: "utf8" }).filter((name) =>
    name.endsWith(".ts"),
  )
  const made = files.flatMap((name) => {
    const text = readFileSync(join(SOURCE, name), "utf8")
    return [...text.matchAll(/new (\w+Error)\(\s*(?:"([a-z0-9-]+)"|`\$\{[^`]*\}(-[a-z-]+)`)/g)]
  })
  return made.flatMap(([, className, code, suffix]) =>
    code ? [`${className} ${code}`] : ["vmk", "fvek"].map((kind) => `${className} ${kind}${suffix}`),
  )
}

function errorsInDocument(): string[] {
  const text = readFileSync(join(ROOT, "docs/errors.md"), "utf8")
  return text.split(/^## /m).flatMap((section) => {
    const className = /^\w+Error/.exec(section)?.[0]
    return [...section.matchAll(/^\| `([a-z0-9-]+)` \|/gm)].map(([, code]) => `${className} ${code}`)
  })
}

describe("docs/errors.md", () => {
  it("lists the errors of the source, each once", () => {
    // The code of an AbortError stands in its class.
    const inSource = new Set([
      ...errorsInSource().filter((one) => !one.endsWith("Error ")),
      "AbortError stopped",
    ])
    const inDocument = errorsInDocument()
    expect(new Set(inDocument).size).toBe(inDocument.length)
    expect(new Set(inDocument)).toEqual(inSource)
    expect(inDocument.length).toBeGreaterThan(50)
  })

  it("gives each class its exit code", () => {
    const text = readFileSync(join(ROOT, "docs/errors.md"), "utf8")
    for (const [, className, exitCode] of text.matchAll(/^## (\w+Error), exit code (\d+)$/gm)) {
      const make = CLASSES.find(({ name }) => name === className)!
      expect(new make("x", "x", { next: [] }).exitCode, className).toBe(Number(exitCode))
    }
  })
})
