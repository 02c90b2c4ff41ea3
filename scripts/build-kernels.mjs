/**
 * Compiles the kernels: src/kernels/x.ts (AssemblyScript) to src/kernels/x.wasm, which is committed beside it, so that
 * nobody needs the compiler to build the package. A test compiles them again and compares.
 *
 *   node scripts/build-kernels.mjs [folder]     into another folder than that of the sources
 *
 * The memory is imported: its owner decides how much there is and what lies where. `--use abort=` leaves out a function
 * that kernels without assertions never call.
 */
import { readdirSync } from "node:fs"
import { basename, join, resolve } from "node:path"
import { main as compile } from "../test/node_modules/assemblyscript/dist/asc.js"
import { PACKAGE_ROOT } from "./package-root.mjs"

const KERNELS = join(PACKAGE_ROOT, "src/kernels")
const OPTIONS = [
  "-O3",
  "--runtime",
  "stub",
  "--enable",
  "simd",
  "--noAssert",
  "--use",
  "abort=",
  "--importMemory",
]

const folder = resolve(process.argv[2] ?? KERNELS)
for (const source of readdirSync(KERNELS).filter((name) => name.endsWith(".ts"))) {
  const target = join(folder, `${basename(source, ".ts")}.wasm`)
  const { error, stderr } = await compile([source, "--baseDir", KERNELS, "-o", target, ...OPTIONS])
  process.stderr.write(String(stderr))
  if (error) throw error
}
