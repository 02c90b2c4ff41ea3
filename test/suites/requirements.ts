/**
 * What a test needs beside the package: another tool on the PATH, a corpus, a right of the system. Where it is absent the
 * test is skipped loudly: the closing list of the run names it (`requirements-report.ts`). `REPAIR_BDE_TEST=full` turns
 * every absence into a failure, so that a machine that should have everything proves everything.
 */
import { appendFileSync } from "node:fs"
import { join } from "node:path"
import { expect } from "vitest"

/** Names the folder in which the worker processes leave their absences. */
export const ABSENCES_FOLDER = "REPAIR_BDE_TEST_ABSENCES"

export interface Absence {
  readonly name: string
  readonly testFile: string
}

/**
 * `const hasDislocker = requirement("dislocker-file on the PATH", isOnPath("dislocker-file"))` at the top of a test file,
 * then `describe.skipIf(!hasDislocker)`.
 * @returns `present`
 * @throws when it is absent and the run is to be full
 */
export function requirement(name: string, present: boolean): boolean {
  if (present) return true
  if (process.env.REPAIR_BDE_TEST === "full") {
    throw new Error(`absent, and REPAIR_BDE_TEST=full asks for everything: ${name}`)
  }
  const folder = process.env[ABSENCES_FOLDER]
  const absence: Absence = { name, testFile: expect.getState().testPath ?? "" }
  // One file per process: workers append at the same time.
  if (folder) appendFileSync(join(folder, `${process.pid}.jsonl`), `${JSON.stringify(absence)}\n`)
  return false
}
