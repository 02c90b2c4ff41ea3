/**
 * What all commands share while a job runs: who hears of it, the signals, the credentials, and what happens when it
 * fails. A command itself is then a job, a text and an exit code.
 */
import { arch, platform } from "node:os"
import { AppError, SinkError } from "../errors.ts"
import { createContext } from "../job/context.ts"
import { Secret, type CredentialInput, type InputChoice, type JobContext } from "../job/requests.ts"
import { programOf } from "./commands.ts"
import { crashDocument, renderCrash } from "./crash.ts"
import { isGiven, isInPlace, numberOf, textOf, type Invocation } from "./invocation.ts"
import { jsonReporter } from "./json-reporter.ts"
import { logFile } from "./log-file.ts"
import { OPTION_ROWS } from "./options.ts"
import { Interrupted } from "./prompt.ts"
import { errorDocument, exitCodeOf, renderError } from "./render-error.ts"
import { together, type Failure, type Reporter } from "./reporters.ts"
import type { Scrubber } from "./scrubber.ts"
import { type SecretSources, collectCredentials } from "./secrets.ts"
import { listenForStopSignals } from "./stop-signals.ts"
import { Streams } from "./streams.ts"
import { secretSources, terminalQuestion } from "./terminal.ts"
import { textReporter } from "./text-reporter.ts"
import { version } from "./version.ts"

const SIGINT_EXIT_CODE = 130

export interface Command<Report extends object> {
  run(
    invocation: Invocation,
    credentials: readonly CredentialInput[],
    context: JobContext,
    sources: SecretSources,
  ): Promise<Report>
  render(report: Report): readonly string[]
  /** What `--json` prints; the report when absent. */
  document?(report: Report): object
  /** The answer shows secrets, as it was asked to: it goes to nobody but who asked. */
  readonly showsSecrets?: boolean
  exitCode(report: Report): number
}

/** INPUT and which of its volumes. */
export function inputOf(invocation: Invocation): InputChoice {
  const volume = numberOf(invocation, "volume")
  const offset = numberOf(invocation, "offset")
  const size = numberOf(invocation, "size")
  const map = textOf(invocation, "inputMap")
  return {
    path: invocation.positionals[0]!,
    ...(map !== undefined && { map }),
    ...(volume !== undefined && { volume }),
    ...(offset !== undefined && { offset }),
    ...(size !== undefined && { size }),
  }
}

/** @returns the exit code */
export async function runInSession<Report extends object>(
  invocation: Invocation,
  command: Command<Report>,
  scrubber: Scrubber,
): Promise<number> {
  // With OUTPUT `-` standard output belongs to the bytes.
  const out = invocation.positionals[1] === "-" ? process.stderr : process.stdout
  const streams = new Streams(out, process.stderr)
  const reporters: Reporter[] = []
  const reporter = together(reporters)
  let stop: AbortSignal | undefined
  // Before anything can fail with them in hand.
  for (const { key, value } of invocation.given) if (OPTION_ROWS[key].secret && value) scrubber.add(value)

  const fail = (error: unknown): number => {
    const reason: unknown = stop?.aborted ? stop.reason : error
    reporter.failure(failureOf(reason, invocation, scrubber))
    return exitCodeOf(reason, programOf(invocation.command))
  }
  process.on("uncaughtException", (error) => process.exit(fail(error)))

  try {
    const watcher = watch(invocation, streams)
    reporters.push(watcher)
    if (isGiven(invocation, "logFile")) reporters.push(openLogFile(invocation))
    if (isGiven(invocation, "report")) reporters.push(await openReportFile(invocation, watcher))
    const sources = secretSources({
      warn: (text) => reporter.warning(text),
      remember: (secret) => scrubber.add(secret),
    })
    const credentials = await collectCredentials(invocation, sources)
    stop = listenForStopSignals(afterStop(invocation))
    listenForStateSignal(() => streams.err(watcher.state()))
    const ask = terminalQuestion(streams, stop)
    const context = createContext({
      signal: stop,
      emit: (event) => reporter.event(event),
      ...(ask && { ask }),
      remember: (secret) => scrubber.addSecret(secret),
      ...(sources.prompt && { askSecret: secretQuestion(sources.prompt, sources.remember) }),
    })
    const report = await command.run(invocation, credentials, context, sources)
    reporter.result({
      document: command.document?.(report) ?? report,
      lines: command.render(report),
      ...(command.showsSecrets && { isSecret: true }),
    })
    return (await failureToDeliver(streams, fail)) ?? command.exitCode(report)
  } catch (error) {
    return error instanceof Interrupted ? endAsSigint() : fail(error)
  } finally {
    reporter.close()
  }
}

/** For what only comes up while a job runs: the password of a directory. */
function secretQuestion(
  prompt: (question: string) => Promise<string>,
  remember: (secret: string) => void,
): NonNullable<JobContext["askSecret"]> {
  return async (question) => {
    const typed = await prompt(question)
    remember(typed)
    return Secret.ofText(typed)
  }
}

/** Ctrl-C at a prompt came as a key: a script around us must still see that a signal ended us. */
function endAsSigint(): number {
  process.kill(process.pid, "SIGINT")
  return SIGINT_EXIT_CODE
}

function watch(invocation: Invocation, streams: Streams) {
  const { command } = invocation
  const quiet = isGiven(invocation, "quiet")
  const make = isGiven(invocation, "json") ? jsonReporter : textReporter
  return make({ streams, command, quiet, now: () => performance.now() })
}

function openLogFile(invocation: Invocation): Reporter {
  const line = [programOf(invocation.command), ...invocation.redacted].join(" ")
  return logFile({
    path: textOf(invocation, "logFile")!,
    paths: invocation.positionals,
    head: `repair-bde ${version()}, node ${process.version}, ${platform()} ${arch()}: ${line}`,
    now: () => Date.now(),
  })
}

/** Loaded only when it is asked for: a page is no small thing to draw. */
async function openReportFile(invocation: Invocation, { warning }: Reporter): Promise<Reporter> {
  const { reportFile } = await import("./report-file.ts")
  return reportFile({
    path: textOf(invocation, "report")!,
    paths: invocation.positionals,
    tool: {
      name: "repair-bde",
      version: version(),
      runtime: `node ${process.version}`,
      system: `${platform()} ${arch()}`,
    },
    now: () => Date.now(),
    warn: warning,
  })
}

function failureOf(error: unknown, invocation: Invocation, scrubber: Scrubber): Failure {
  return error instanceof AppError
    ? { error, document: errorDocument(error), lines: renderError(error, programOf(invocation.command)) }
    : { document: crashDocument(error, scrubber), lines: renderCrash(error, scrubber, isInPlace(invocation)) }
}

function afterStop(invocation: Invocation): string[] {
  const { command, positionals } = invocation
  const [, output = "-"] = positionals
  if (command === "keys clinic") {
    return isGiven(invocation, "searchState")
      ? ["type the same command again: it goes on where it was stopped"]
      : [
          "type the same command again, from the beginning; with --search-state FILE it goes on where it is stopped",
        ]
  }
  if (command !== "repair" || output === "-") return ["type the same command again"]
  const without = isGiven(invocation, "force") ? " without -f" : ""
  return [`type the same command again${without}: it goes on where it stopped`]
}

/** Without a listener SIGUSR1 would open Node's debugger, and with it every key, to whoever may send signals. */
function listenForStateSignal(show: () => void): void {
  if (platform() !== "win32") process.on("SIGUSR1", show)
}

/** A result that did not reach its file is no success. Streams tell of it one turn later. */
async function failureToDeliver(
  streams: Streams,
  fail: (error: unknown) => number,
): Promise<number | undefined> {
  await new Promise(setImmediate)
  if (!streams.lost) return undefined
  return fail(
    new SinkError("result-unwritable", `the result cannot be written: ${streams.lost.message}`, {
      next: ["look at where standard output leads"],
      cause: streams.lost,
    }),
  )
}
