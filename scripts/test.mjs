/**
 * `npm test`: installs the program's and the tests' tools where they are missing, builds, and runs the tests. Arguments go
 * to vitest: `npm test -- test/fve`. What is absent on this machine is listed at the end (`test/suites/requirements.ts`).
 */
import { spawnSync } from "node:child_process"
import { PACKAGE_ROOT } from "./package-root.mjs"
import { prepareProgram, prepareTools } from "./prepare.mjs"
import { TEST_CONFIG, TEST_RUNNER } from "./tools.mjs"

prepareTools()
await prepareProgram()
const { status } = spawnSync(
  process.execPath,
  [TEST_RUNNER, "run", "--config", TEST_CONFIG, ...process.argv.slice(2)],
  {
    cwd: PACKAGE_ROOT,
    stdio: "inherit",
  },
)
process.exitCode = status ?? 1
