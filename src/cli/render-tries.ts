/** Which credential was tried on which key protector, and why it did not open: the table of `check` and of the error. */
import type { TryReport } from "../job/reports.ts"
import { table } from "./table.ts"

export function renderTries(tries: readonly TryReport[]): string[] {
  if (tries.length === 0) return []
  const rows = tries.map((one) => [
    one.protectorId ?? "-",
    one.protectorLabel ?? "-",
    one.credential,
    resultOf(one),
  ])
  return table(["KEY ID", "KEY PROTECTOR", "CREDENTIAL", "RESULT"], rows)
}

function resultOf({ outcome, why }: TryReport): string {
  if (outcome === "opened") return "opens"
  return outcome === "wrong-key" ? "wrong key" : why
}
