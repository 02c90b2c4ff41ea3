/**
 * `npm run check`: everything about the sources that can be judged without running them, one line each, what is wrong
 * below its line. All checks run, and one failure fails the whole.
 */
import { spawnSync } from "node:child_process"
import { join } from "node:path"
import { PACKAGE_ROOT } from "./package-root.mjs"
import { prepareTools } from "./prepare.mjs"
import { COMPILER, FORMATTER, LINTER, TEST_CONFIG, TEST_RUNNER, TOOL_ENVIRONMENT } from "./tools.mjs"

const CHECKS = [
  ["types of the package", COMPILER, "-p", ".", "--noEmit"],
  ["types of the tests", COMPILER, "-p", "test", "--noEmit"],
  ["lint", LINTER, "--type-aware", "--deny-warnings", "src", "test", "bench", "scripts"],
  ["format", FORMATTER, "--check", "src", "test", "bench", "scripts"],
  ["layers", TEST_RUNNER, "run", "--config", TEST_CONFIG, "test/layers.test.ts"],
  ["format tables", join("scripts", "generate-format-tables.mjs"), "--check"],
  ["links in the documents", join("scripts", "check-links.mjs")],
]

prepareTools()
const failed = CHECKS.filter((check) => !passes(check)).length
console.log(`checks: ${CHECKS.length - failed} passed, ${failed} failed`)
process.exitCode = failed > 0 ? 1 : 0

function passes([name, ...command]) {
  const start = performance.now()
  const { status, stdout, stderr } = spawnSync(process.execPath, command, {
    cwd: PACKAGE_ROOT,
    env: TOOL_ENVIRONMENT,
    encoding: "utf8",
  })
  const seconds = ((performance.now() - start) / 1000).toFixed(1)
  console.log(`${status === 0 ? "ok    " : "FAILED"} ${name} (${seconds} s)`)
  if (status !== 0) console.log(`${stdout}${stderr}`.trimEnd())
  return status === 0
}
