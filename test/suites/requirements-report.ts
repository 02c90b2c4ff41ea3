/**
 * The closing list of a test run: what was absent on this machine, and which test files skipped something for it. As a
 * global set-up it runs once, before the worker processes start and after they have ended.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join, relative } from "node:path"
import { ABSENCES_FOLDER, type Absence } from "./requirements.ts"

export default function openRequirementsReport(): (() => void) | undefined {
  // There, an absence is a failure with a report of its own.
  if (process.env.REPAIR_BDE_TEST === "full") return undefined
  const folder = mkdtempSync(join(tmpdir(), "repair-bde-absences-"))
  process.env[ABSENCES_FOLDER] = folder
  return () => {
    console.log(describeAbsences(readAbsences(folder)))
    rmSync(folder, { recursive: true })
  }
}

export function readAbsences(folder: string): Absence[] {
  return readdirSync(folder)
    .flatMap((name) => readFileSync(join(folder, name), "utf8").trimEnd().split("\n"))
    .map((line) => JSON.parse(line) as Absence)
}

export function describeAbsences(absences: readonly Absence[]): string {
  if (absences.length === 0)
    return "\nAbsent: nothing. No test was skipped for want of a tool, a corpus or a right."
  const names = [...new Set(absences.map(({ name }) => name))].toSorted()
  return [
    "\nAbsent, so these tests were skipped (REPAIR_BDE_TEST=full makes them fail):",
    ...names.map(describe),
  ].join("\n")

  function describe(name: string): string {
    const files = absences
      .filter((absence) => absence.name === name)
      .map(({ testFile }) => relative(".", testFile))
    return `  ${name}: ${[...new Set(files)].toSorted().join(", ")}`
  }
}
