/**
 * `npm run bench`: builds the program, compiles the benchmark with what it borrows from the tests to make volumes, and runs
 * it. `npm run bench -- --help` tells the options; `bench/run.ts` is where to read on.
 */
import { spawnSync } from "node:child_process"
import { cpSync, readdirSync } from "node:fs"
import { join } from "node:path"
import { pathToFileURL } from "node:url"
import { PACKAGE_ROOT } from "./package-root.mjs"
import { prepareProgram } from "./prepare.mjs"
import { COMPILER } from "./tools.mjs"

const BENCH = join(PACKAGE_ROOT, "bench")
const KERNELS = join(PACKAGE_ROOT, "src/kernels")

await prepareProgram()
compile()
await import(pathToFileURL(join(BENCH, "dist/bench/run.js")).href)

/** The volumes are encrypted by the package's own ciphers, whose kernels lie beside their compiled modules. */
function compile() {
  const { status } = spawnSync(process.execPath, [COMPILER, "-p", BENCH], { stdio: "inherit" })
  if (status !== 0) process.exit(status ?? 1)
  for (const kernel of readdirSync(KERNELS).filter((name) => name.endsWith(".wasm"))) {
    cpSync(join(KERNELS, kernel), join(BENCH, "dist/src/kernels", kernel))
  }
}
