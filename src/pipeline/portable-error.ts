/**
 * Errors across threads: a structured clone keeps the message of an `AppError` and loses its class, code and advice. As
 * data they keep all of it, and the error on the other side is again what was thrown.
 */
import * as errors from "../errors.ts"

const CLASSES = {
  UsageError: errors.UsageError,
  SourceError: errors.SourceError,
  NotFveError: errors.NotFveError,
  MetadataError: errors.MetadataError,
  CredentialError: errors.CredentialError,
  UnsupportedError: errors.UnsupportedError,
  DirectoryError: errors.DirectoryError,
  SinkError: errors.SinkError,
  ProofError: errors.ProofError,
} as const

export interface PortableError {
  readonly name: string
  readonly message: string
  readonly stack: string | undefined
  /** Of an `AppError`. */
  readonly app?: { readonly code: string; readonly next: readonly string[]; readonly data: errors.JsonObject }
  readonly cause?: PortableError
}

export function toPortable(error: unknown): PortableError {
  if (!(error instanceof Error)) return { name: "Error", message: String(error), stack: undefined }
  return {
    name: error.name,
    message: error.message,
    stack: error.stack,
    ...(error instanceof errors.AppError && {
      app: { code: error.code, next: error.next, data: error.data },
    }),
    ...(error.cause !== undefined && { cause: toPortable(error.cause) }),
  }
}

export function fromPortable(portable: PortableError): Error {
  const cause = portable.cause && fromPortable(portable.cause)
  const error =
    portable.app && isAppClass(portable.name)
      ? new CLASSES[portable.name](portable.app.code, portable.message, { ...portable.app, cause })
      : Object.assign(new Error(portable.message, cause && { cause }), { name: portable.name })
  if (portable.stack !== undefined) error.stack = portable.stack
  return error
}

function isAppClass(name: string): name is keyof typeof CLASSES {
  return Object.hasOwn(CLASSES, name)
}
