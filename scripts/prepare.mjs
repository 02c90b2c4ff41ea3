/** What a task needs before its own work; each step does nothing when it was done before. */
import { join } from "node:path"
import { buildWhenChanged } from "./build.mjs"
import { installWhenNeeded } from "./install.mjs"
import { PACKAGE_ROOT } from "./package-root.mjs"

/** The program itself: a compiler is all it takes. */
export async function prepareProgram() {
  installCompiler()
  await buildWhenChanged()
}

/** The tools of the tests and the checks, which are a package of their own beside the compiler. */
export function prepareTools() {
  installCompiler()
  installWhenNeeded(join(PACKAGE_ROOT, "test"), "the test tools")
}

function installCompiler() {
  installWhenNeeded(PACKAGE_ROOT, "the compiler")
}
