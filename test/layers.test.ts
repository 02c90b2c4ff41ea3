/** Imports point down. The layers are those of `docs/design.md`; this file holds them. */
import { readdirSync, readFileSync } from "node:fs"
import { dirname, join, relative, sep } from "node:path"
import { fileURLToPath } from "node:url"
import { describe, expect, it } from "vitest"

const SOURCE = join(dirname(fileURLToPath(import.meta.url)), "../src")

const PORTS = ["source", "sink", "crypto"]
const FORMATS = ["container", "partition", "fve", "credential", "filesystem"]
const OPERATIONS = [
  "clinic",
  "locate",
  "repair",
  "unlock",
  "volume",
  "rescue",
  "proof",
  "patch",
  "places",
  "report",
]
/** Layer 0 may import each other only from right to left. */
const GROUND = ["errors", "bytes", "extents", "findings"]
const BELOW_PIPELINE = [...GROUND, ...PORTS, ...FORMATS, "volume", "rescue"]
const BELOW_JOB = [...GROUND, ...PORTS, ...FORMATS, ...OPERATIONS, "pipeline"]

/** What each folder (or file of `src/` itself) may import beside itself. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  errors: [],
  bytes: ["errors"],
  extents: ["errors", "bytes"],
  findings: ["errors", "bytes", "extents"],
  ...Object.fromEntries(PORTS.map((folder) => [folder, GROUND])),
  ...Object.fromEntries(FORMATS.map((folder) => [folder, [...GROUND, ...PORTS]])),
  // A .BEK file is a dataset: the one exception among the formats.
  credential: [...GROUND, ...PORTS, "fve"],
  ...Object.fromEntries(OPERATIONS.map((folder) => [folder, [...GROUND, ...PORTS, ...FORMATS]])),
  pipeline: BELOW_PIPELINE,
  job: BELOW_JOB,
  serve: ["job", ...GROUND],
  cli: ["job", ...GROUND],
  web: ["job", ...GROUND],
  index: [...BELOW_JOB, "job"],
}

/** Only these may touch Node; the rest runs in a browser. */
const MAY_TOUCH_NODE = /^(source|sink|places|pipeline|job|cli|serve|crypto\/node|patch\/apply\.ts)/

/** The hand that writes to a source, and the two jobs that may call it. */
const SOURCE_WRITER = "patch/apply.ts"
const MAY_WRITE_TO_SOURCE: ReadonlySet<string> = new Set(["job/repair-in-place.ts", "job/undo.ts"])

/**
 * Every file that can open something for writing, and what that is. Nothing of `source/` is here; `sink/descriptor.ts` does
 * what these tell it, and nobody else may tell it anything.
 */
const WRITERS: Readonly<Record<string, string>> = {
  "sink/file.ts": "the output",
  "sink/prepare-output.ts": "the output",
  "sink/lock.ts": "the lock beside the output",
  "patch/apply.ts": "the source",
  "pipeline/checkpoint-file.ts": "the maps",
  "pipeline/durable-files.ts": "the maps",
  "job/undo-files.ts": "the undo file",
  "job/scan-checkpoint.ts": "the state of a scan",
  "job/plan-store.ts": "the plan beside the output",
  "job/private-file.ts": "keys, and what they open",
  "job/search-state.ts": "the state of a search",
  "cli/log-file.ts": "the log",
  "cli/report-file.ts": "the report",
  "cli/terminal.ts": "the terminal",
}
/** What the system needs to hear before it lets one write, or names in place of it. */
const WRITING =
  /\bO_(WRONLY|RDWR|CREAT|TRUNC|APPEND)\b|\b(writeFile|writeFileSync|appendFile|createWriteStream|truncate|ftruncate|copyFile|rename)\(|\bopen(Sync)?\([^)]*"[rwa]x?\+?"/

/** The packages that a file may import; `test/package.test.ts` and `test/places/lazy.test.ts` prove that the library and a repair run none of them. */
const LAZY_PACKAGES: Readonly<Record<string, string>> = {
  "cli/qr-code.ts": "qr",
  "job/open-pkcs12.ts": "node-forge",
}

interface Import {
  readonly file: string
  readonly target: string
}

function sourceFiles(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .map((name) => join(folder, name))
    .filter((path) => path.endsWith(".ts") && !relative(folder, path).startsWith("kernels"))
}

function importsOf(file: string, text: string): Import[] {
  const specifiers = [...text.matchAll(/(?<!\.)\b(?:from|import)\s*\(?\s*["']([^"']+)["']/g)].map(
    (match) => match[1]!,
  )
  return specifiers.map((specifier) => ({
    file,
    target: specifier.startsWith(".")
      ? relative(SOURCE, join(SOURCE, dirname(file), specifier))
          .split(sep)
          .join("/")
      : specifier,
  }))
}

const roomOf = (path: string): string => path.split("/")[0]!.replace(/\.ts$/, "")

/** A sentence that names the fault, or nothing. */
function fault({ file, target }: Import): string | undefined {
  const from = roomOf(file)
  if (target.startsWith("node:")) {
    return MAY_TOUCH_NODE.test(file) ? undefined : `${file} imports ${target}, but must run in a browser`
  }
  if (!target.endsWith(".ts")) {
    return LAZY_PACKAGES[file] === target ? undefined : `${file} imports the package ${target}`
  }
  if (target === SOURCE_WRITER && !MAY_WRITE_TO_SOURCE.has(file)) return `${file} could write to a source`
  if (target === "sink/descriptor.ts" && from !== "sink" && file !== SOURCE_WRITER)
    return `${file} could write without the checks of a sink`
  const to = roomOf(target)
  const allowed = MAY_IMPORT[from]
  if (!allowed) return `${file} lies in ${from}/, which has no layer`
  return to === from || allowed.includes(to)
    ? undefined
    : `${file} imports ${target}: ${from} may not reach ${to}`
}

describe("layers", () => {
  const files = sourceFiles(SOURCE).map((path) => relative(SOURCE, path).split(sep).join("/"))
  const imports = files.flatMap((file) => importsOf(file, readFileSync(join(SOURCE, file), "utf8")))

  it("has no arrow that points up", () => {
    console.log(`layers: ${files.length} files, ${imports.length} imports`)
    expect(files.length).toBeGreaterThan(10)
    expect(imports.map(fault).filter(Boolean)).toEqual([])
  })

  it.each([
    ["fve/datum.ts", 'import { repair } from "../job/repair.ts"'],
    ["locate/scan.ts", 'export { rank } from "../repair/rank.ts"'],
    ["filesystem/ntfs/boot-sector.ts", 'const fve = await import("../../fve/index.ts")'],
    ["extents/extent.ts", 'import type { Finding } from "../findings.ts"'],
    ["volume/plan.ts", 'import { readFileSync } from "node:fs"'],
    ["cli/main.ts", 'import { parseGuid } from "../fve/index.ts"'],
    ["unlock/unlock.ts", 'import { z } from "zod"'],
    ["cli/help.ts", 'import encodeQR from "qr"'],
    ["job/repair.ts", 'import { applyPatch } from "../patch/apply.ts"'],
    ["patch/index.ts", 'export * from "./apply.ts"'],
    ["patch/rewrite.ts", 'import { open } from "node:fs"'],
    ["job/undo.ts", 'import { openDescriptor } from "../sink/descriptor.ts"'],
  ])("catches a planted wrong arrow in %s", (file, text) => {
    expect(importsOf(file, text).map(fault).filter(Boolean)).toHaveLength(1)
  })

  it("know every file that can open something for writing", () => {
    const writers = files.filter((file) =>
      WRITING.test(withoutComments(readFileSync(join(SOURCE, file), "utf8"))),
    )
    expect(writers.sort()).toEqual(Object.keys(WRITERS).sort())
  })

  it.each([
    "await open(path, constants.O_RDWR)",
    'openSync(path, "w")',
    'await open(path, isNew ? "wx" : "r+", 0o600)',
    "createWriteStream(path)",
    "await file.truncate(size)",
  ])("see a writer in %s", (text) => {
    expect(WRITING.test(text)).toBe(true)
  })
})

const withoutComments = (text: string): string => text.replace(/\/\*[^]*?\*\/|^\s*\/\/.*$/gm, "")
