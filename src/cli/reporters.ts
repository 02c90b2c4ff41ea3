/** Who hears of a run. A shell renders what the job tells, and each of these renders it for somebody else. */
import type { AppError } from "../errors.ts"
import type { JobEvent } from "../job/events.ts"
import type { CommandName } from "./commands.ts"
import type { Streams } from "./streams.ts"

/** A result as data, and the same as lines for people. */
export interface Result {
  readonly document: object
  readonly lines: readonly string[]
  /** For the terminal and standard output alone, never for a log. */
  readonly isSecret?: boolean
}

export interface Failure {
  readonly document: object
  readonly lines: readonly string[]
  /** Absent for a bug of ours. */
  readonly error?: AppError
}

export interface Reporter {
  event(event: JobEvent): void
  /** About the run and not from the job: a warning. */
  warning(text: string): void
  result(result: Result): void
  failure(failure: Failure): void
  close(): void
}

/** A reporter that also knows the state line, for whoever asks (SIGUSR1). */
export interface StatefulReporter extends Reporter {
  state(): string
}

export interface ReporterOptions {
  readonly streams: Streams
  readonly command: CommandName
  readonly quiet: boolean
  readonly now: () => number
}

/** Tells each of them. */
export function together(reporters: readonly Reporter[]): Reporter {
  return {
    event: (event) => reporters.forEach((reporter) => reporter.event(event)),
    warning: (text) => reporters.forEach((reporter) => reporter.warning(text)),
    result: (result) => reporters.forEach((reporter) => reporter.result(result)),
    failure: (failure) => reporters.forEach((reporter) => reporter.failure(failure)),
    close: () => reporters.forEach((reporter) => reporter.close()),
  }
}
