/**
 * Builds dist/ from src/: the compiler's output (the library, its types), the kernels beside it, the programs in dist/bin/
 * bundled into few files, and nothing that a deleted source left behind. Bundled, because a start of two hundred modules
 * costs 50 ms more, and every worker thread pays it again; as CommonJS, which Node starts 20 ms sooner than the same files as
 * ES modules, and of which V8 takes a code cache.
 * As a script (`npm run build`) it always asks the compiler; `buildWhenChanged` first compares a hash of all sources with
 * the one of the last build, and does nothing when they agree.
 */
import { spawnSync } from "node:child_process"
import { createHash } from "node:crypto"
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs"
import { dirname, join } from "node:path"
import { PACKAGE_ROOT, isMain } from "./package-root.mjs"
import { COMPILER } from "./tools.mjs"

const SOURCE = join(PACKAGE_ROOT, "src")
const OUTPUT = join(PACKAGE_ROOT, "dist")
/** What the last build was made from. */
const STAMP = join(PACKAGE_ROOT, "node_modules/.cache/build.sha256")
/** The two programs, what they load, and what that starts as threads and processes: beside each other, as their addresses say. */
const ENTRIES = [
  "cli/main.ts",
  "cli/manage-bde.ts",
  "cli/load-program.ts",
  "cli/run.ts",
  "pipeline/thread-entry.ts",
  "pipeline/process-entry.ts",
  "pipeline/digest-entry.ts",
  "pipeline/scan-entry.ts",
  "source/descriptor-entry.ts",
  "crypto/node-stretch-worker.ts",
  "crypto/node-stretcher-worker.ts",
]
const BUNDLE = join(OUTPUT, "bin")
const PROGRAMS = ["main.js", "manage-bde.js"]
const CODE_CACHE = join(PACKAGE_ROOT, "scripts/make-code-cache.mjs")
/** A build by other rules is another build. */
const BUILDERS = ["scripts/build.mjs", "scripts/make-code-cache.mjs"]

if (isMain(import.meta.url)) await build()

export async function buildWhenChanged() {
  const isFresh =
    existsSync(STAMP) && readFileSync(STAMP, "utf8") === hashOfSources() && missingOutputs().length === 0
  if (!isFresh) await build()
}

async function build() {
  const sources = hashOfSources()
  removeStaleOutputs()
  for (const kernel of kernels()) cpSync(join(SOURCE, kernel), join(OUTPUT, kernel))
  const { status } = spawnSync(process.execPath, [COMPILER, "-p", PACKAGE_ROOT], { stdio: "inherit" })
  if (status !== 0) process.exit(status ?? 1)
  await bundle()
  for (const name of PROGRAMS) chmodSync(join(BUNDLE, name), 0o755)
  mkdirSync(dirname(STAMP), { recursive: true })
  writeFileSync(STAMP, sources)
}

async function bundle() {
  // Not at the top: on a fresh machine this file is read before anything is installed.
  const { build } = await import("esbuild")
  rmSync(BUNDLE, { recursive: true, force: true })
  await build({
    entryPoints: ENTRIES.map((name) => join(SOURCE, name)),
    outdir: BUNDLE,
    entryNames: "[name]",
    bundle: true,
    format: "cjs",
    // What ES modules have, and a script that V8 takes a code cache of has not.
    supported: { "dynamic-import": false },
    define: { "import.meta.url": "importMetaUrl" },
    banner: { js: 'const importMetaUrl = require("node:url").pathToFileURL(__filename).href;' },
    platform: "node",
    target: "node20.19",
    // Libraries that few commands need stay files of their own, loaded when one is.
    external: ["node-forge", "@azure/msal-node"],
    logLevel: "warning",
  })
  writeFileSync(join(BUNDLE, "package.json"), JSON.stringify({ type: "commonjs" }))
  const { status, stderr } = spawnSync(process.execPath, [CODE_CACHE], {
    stdio: ["ignore", "ignore", "pipe"],
  })
  if (status !== 0) console.error(`The program has no code cache, so it starts 60 ms later:\n${stderr}`)
}

/** Of the code cache, Node is a source too. */
function hashOfSources() {
  const hash = createHash("sha256").update(`${process.version} ${process.arch}`)
  const sources = filesBelow(SOURCE).map((name) => join("src", name))
  for (const name of [...sources, ...BUILDERS, "tsconfig.json", "package-lock.json"]) {
    hash.update(`${name}\0`).update(readFileSync(join(PACKAGE_ROOT, name)))
  }
  return hash.digest("hex")
}

/** What the compiler turns into output: not the sources of the kernels, which `build-kernels.mjs` compiles. */
function modules() {
  return filesBelow(SOURCE).filter((name) => /(?<!\.d)\.ts$/.test(name) && !name.startsWith("kernels"))
}

function kernels() {
  return filesBelow(SOURCE).filter((name) => name.endsWith(".wasm"))
}

function outputs() {
  const compiled = modules().flatMap((name) => [name.replace(/ts$/, "js"), name.replace(/ts$/, "d.ts")])
  return [...compiled, ...kernels()]
}

function missingOutputs() {
  return [...outputs(), ...PROGRAMS.map((name) => `bin/${name}`)].filter(
    (name) => !existsSync(join(OUTPUT, name)),
  )
}

function removeStaleOutputs() {
  const wanted = new Set(outputs())
  for (const name of filesBelow(OUTPUT)) if (!wanted.has(name)) rmSync(join(OUTPUT, name))
}

function filesBelow(folder) {
  if (!existsSync(folder)) return []
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .toSorted()
}
