/** `-id {GUID}`: a key protector, with braces as Microsoft shows it, or without, as PowerShell passes it on. */
import { isGuid } from "../bytes/guid.ts"
import { UsageError } from "../errors.ts"
import { textOf, type Invocation } from "./invocation.ts"

/** Upper case, without braces. @throws UsageError */
export function protectorIdOf(invocation: Invocation): string | undefined {
  const typed = textOf(invocation, "protectorId")
  if (typed === undefined) return undefined
  if (isGuid(typed)) return typed.replace(/^\{|\}$/g, "").toUpperCase()
  throw new UsageError("bad-value", "the value of -id is no GUID", {
    next: [
      "write -id {1A2B3C4D-0000-0000-0000-000000000000}, as -protectors -get shows it",
      "in PowerShell, put quotes around it",
    ],
  })
}
