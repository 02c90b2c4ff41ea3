/** Imports point down. The layers are those of `docs/design.md`; this file holds them. */
import { readdirSync, readFileSync } from "node:fs"
import { dirname, join, relative, sep } from "node:path"
import { fileURLToPath } from "node:url"
import { describe, expect, it } from "vitest"

const SOURCE = join(dirname(fileURLToPath(import.meta.url)), "../src")

const PORTS = ["source", "sink", "crypto"]
const FORMATS = ["container", "partition", "fve", "credential", "filesystem"]
const OPERATIONS = ["locate", "repair", "unlock", "volume", "rescue", "proof", "patch", "places", "report"]
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
const MAY_TOUCH_NODE = /^(source|sink|places|pipeline|job|cli|serve|crypto\/node|patch\/apply)/

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
  if (!target.endsWith(".ts")) return `${file} imports the package ${target}`
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
  ])("catches a planted wrong arrow in %s", (file, text) => {
    expect(importsOf(file, text).map(fault).filter(Boolean)).toHaveLength(1)
  })
})
