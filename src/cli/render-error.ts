/** Errors: for people what happened, where, and what to type next; for scripts the same as JSON. */
import { AppError, CredentialError, EXIT_BUG, type JsonObject } from "../errors.ts"
import type { TryReport } from "../job/reports.ts"
import { renderTries } from "./render-tries.ts"
import { indent } from "./table.ts"

export function exitCodeOf(error: unknown): number {
  return error instanceof AppError ? error.exitCode : EXIT_BUG
}

export function renderError(error: AppError): string[] {
  return [
    `repair-bde: ${error.message}`,
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
