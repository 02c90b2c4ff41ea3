/**
 * A password and the forms that Windows may have hashed. The format takes UTF-16 as typed and normalises nothing, so the
 * same word typed on another system can be other bytes: macOS composes differently, and a file ends with a newline.
 */
import { UsageError } from "../errors.ts"
import { Secret } from "../crypto/secret.ts"
import type { PasswordCredential } from "./credential.ts"

export interface PasswordForm {
  /** Completes the sentence "opened with the password …". */
  readonly form: string
  /** UTF-16LE, no terminator. */
  readonly text: Secret
}

/** @throws UsageError when it is empty */
export function parsePassword(typed: string): PasswordCredential {
  if (typed === "") {
    throw new UsageError("password-empty", "the password is empty", {
      next: ["give the password that unlocks the volume"],
    })
  }
  const line = typed.replace(/\r?\n$/, "")
  const forms: readonly (readonly [string, string])[] = [
    ["as typed", typed],
    ["in composed form (NFC)", typed.normalize("NFC")],
    ["in decomposed form (NFD)", typed.normalize("NFD")],
    ["without the newline at its end", line],
    ["without the newline at its end, in composed form (NFC)", line.normalize("NFC")],
    ["without the newline at its end, in decomposed form (NFD)", line.normalize("NFD")],
  ]
  const different = forms.filter(
    ([, text], i) => text !== "" && forms.findIndex(([, earlier]) => earlier === text) === i,
  )
  return { kind: "password", forms: different.map(([form, text]) => ({ form, text: Secret.ofText(text) })) }
}
