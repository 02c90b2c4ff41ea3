/** Errors: for people what happened, where, and what to type next; for scripts the same as JSON. */
import { AppError, CredentialError, EXIT_BUG, type JsonObject } from "../errors.ts"
import type { TryReport } from "../job/reports.ts"
import type { Program } from "./commands.ts"
import { renderTries } from "./render-tries.ts"
import { indent } from "./table.ts"

/** What -1, Microsoft's code for a failure, becomes: 1 is an answer of `manage-bde -status -p`. */
const EXIT_BUG_OF_MANAGE_BDE = 255

export function exitCodeOf(error: unknown, program: Program): number {
  if (error instanceof AppError) return error.exitCode
  return program === "manage-bde" ? EXIT_BUG_OF_MANAGE_BDE : EXIT_BUG
}

export function renderError(error: AppError, program: Program): string[] {
  return [
    `${program}: ${error.message}`,
    ...(error instanceof CredentialError ? indent(renderTries(triesOf(error))) : []),
    ...error.next.map((step) => `  next: ${step}`),
  ]
}

/** The table is a table of `TryReport`s by the contract of the jobs; anything else in its place is left out. */
function triesOf({ data }: CredentialError): readonly TryReport[] {
  return Array.isArray(data.tries) ? data.tries : []
}

export interface ErrorDocument {
  readonly type: "error"
  readonly error: {
    readonly code: string
    readonly message: string
    readonly next: readonly string[]
    readonly exitCode: number
    readonly data: JsonObject
  }
}

export function errorDocument({ code, message, next, exitCode, data }: AppError): ErrorDocument {
  return { type: "error", error: { code, message, next, exitCode, data } }
}
