/**
 * The whole error taxonomy on one screen. An error ends a step and tells the user what to do next; what was merely
 * seen on the disk is a finding (`findings.ts`). Codes and exit codes are stable and listed in `docs/errors.md`.
 *
 * Messages are lower case, without a full stop, and say where in hex. `data` crosses threads and JSON documents:
 * it never holds a secret.
 */

export type JsonValue =
  | string
  | number
  | boolean
  | null
  | readonly JsonValue[]
  | { readonly [name: string]: JsonValue }
export type JsonObject = { readonly [name: string]: JsonValue }

export interface ErrorDetails {
  /** What to do, imperative, most promising first. */
  readonly next: readonly string[]
  readonly data?: JsonObject
  readonly cause?: unknown
}

export abstract class AppError extends Error {
  abstract readonly exitCode: number
  /** Stable and kebab-case, for scripts: `source-missing`. */
  readonly code: string
  readonly next: readonly string[]
  readonly data: JsonObject

  constructor(code: string, message: string, details: ErrorDetails) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause })
    this.name = new.target.name
    this.code = code
    this.next = details.next
    this.data = details.data ?? {}
  }
}

/** Flags or arguments do not fit together. */
export class UsageError extends AppError {
  readonly exitCode = 2
}

/** The source cannot be opened, or cannot be read any more. */
export class SourceError extends AppError {
  readonly exitCode = 10
}

/** No trace of BitLocker where we looked. */
export class NotFveError extends AppError {
  readonly exitCode = 11
}

/** Traces, but no metadata block that can be made usable. */
export class MetadataError extends AppError {
  readonly exitCode = 12
}

/** No key protector opened. */
export class CredentialError extends AppError {
  readonly exitCode = 13
}

/** Recognised, but not implemented, or impossible. */
export class UnsupportedError extends AppError {
  readonly exitCode = 14
}

/** A directory service refused, or does not hold what was asked for. */
export class DirectoryError extends AppError {
  readonly exitCode = 15
}

/** The target is full, too small, unwritable, in use, or *is the source*. */
export class SinkError extends AppError {
  readonly exitCode = 16
}

/** Stopped because the plaintext looks like noise. */
export class ProofError extends AppError {
  readonly exitCode = 17
}

export type StopSignal = "SIGINT" | "SIGTERM" | "SIGHUP"

/** Stopped by a signal. The exit code is the shell's convention: 128 plus the signal's number. */
export class AbortError extends AppError {
  readonly exitCode: number

  constructor(signal: StopSignal, details: ErrorDetails) {
    super("stopped", `stopped by ${signal}`, details)
    this.exitCode = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 }[signal]
  }
}

/** Exit codes that are no error: all is well, and finished with losses (unreadable or unproven extents). */
export const EXIT_DONE = 0
export const EXIT_DONE_WITH_LOSSES = 3
/** Our own bug. */
export const EXIT_BUG = 1
