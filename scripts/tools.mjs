/** The development tools as arguments of Node: their names on a PATH are no programs on Windows. */
import { join } from "node:path"
import { PACKAGE_ROOT } from "./package-root.mjs"

const TEST_TOOLS = join(PACKAGE_ROOT, "test/node_modules")

export const COMPILER = join(PACKAGE_ROOT, "node_modules/typescript/bin/tsc")
export const LINTER = join(TEST_TOOLS, "oxlint/bin/oxlint")
export const FORMATTER = join(TEST_TOOLS, "oxfmt/bin/oxfmt")
export const TEST_RUNNER = join(TEST_TOOLS, "vitest/vitest.mjs")
export const TEST_CONFIG = join(PACKAGE_ROOT, "test/vitest.config.ts")

/** The linter looks for its type-aware half on the PATH of the package root only. */
export const TOOL_ENVIRONMENT = {
  ...process.env,
  OXLINT_TSGOLINT_PATH: join(TEST_TOOLS, "oxlint-tsgolint/bin/tsgolint.js"),
}
