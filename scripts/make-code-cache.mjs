/**
 * Runs the built program on the sample volume and leaves the code cache of what ran (`src/cli/load-program.ts`). A process of
 * its own, started by the build: the program writes to its standard output.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { createRequire } from "node:module"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { PACKAGE_ROOT } from "./package-root.mjs"

const require = createRequire(import.meta.url)
const { PROGRAM_CACHE, compileProgram } = require(join(PACKAGE_ROOT, "dist/bin/load-program.js"))

const sample = join(PACKAGE_ROOT, "sample")
const volume = join(sample, "volume.img")
const credentials = ["--credentials-file", join(sample, "credentials.txt")]
const folder = mkdtempSync(join(tmpdir(), "repair-bde-build-"))
try {
  const program = compileProgram()
  const { run } = program.load()
  await run(["--help"])
  await run(["inspect", volume])
  await run(["check", volume, ...credentials])
  await run(["repair", volume, join(folder, "decrypted.img"), ...credentials])
  writeFileSync(PROGRAM_CACHE, program.createCache())
} finally {
  rmSync(folder, { recursive: true })
}
