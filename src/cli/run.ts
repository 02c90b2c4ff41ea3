/**
 * From the arguments to the exit code: finds out what is asked for, and loads what does it only then, so that the help is as
 * quick as Node itself.
 */
import { AppError, EXIT_DONE } from "../errors.ts"
import type { Program } from "./commands.ts"
import { crashDocument, renderCrash } from "./crash.ts"
import { help, shortUsage } from "./help.ts"
import { parse } from "./parse.ts"
import { errorDocument, exitCodeOf, renderError } from "./render-error.ts"
import { Scrubber } from "./scrubber.ts"
import { Streams } from "./streams.ts"
import { version } from "./version.ts"

const USAGE_EXIT_CODE = 2

export async function run(argv: readonly string[], program: Program = "repair-bde"): Promise<number> {
  const streams = new Streams(process.stdout, process.stderr)
  const scrubber = new Scrubber()
  try {
    return await dispatch(argv, program, streams, scrubber)
  } catch (error) {
    // Nothing may be understood yet: each argument may be a secret.
    for (const argument of argv) scrubber.add(argument)
    return refuse(error, argv, program, streams, scrubber)
  }
}

async function dispatch(
  argv: readonly string[],
  program: Program,
  streams: Streams,
  scrubber: Scrubber,
): Promise<number> {
  const parsed = parse(argv, process.platform, program)
  switch (parsed.action) {
    case "usage":
      streams.err(shortUsage(program))
      return USAGE_EXIT_CODE
    case "help":
      streams.out(help(program, parsed.command))
      return EXIT_DONE
    case "version":
      streams.out(`${program} ${version()}`)
      return EXIT_DONE
    case "run":
      return (await import("./run-command.ts")).runCommand(parsed, scrubber)
  }
}

/** A command line that was not understood, or a bug outside of a session. JSON was asked for in the raw arguments. */
function refuse(
  error: unknown,
  argv: readonly string[],
  program: Program,
  streams: Streams,
  scrubber: Scrubber,
): number {
  const options = argv.includes("--") ? argv.slice(0, argv.indexOf("--")) : argv
  const isJson = options.some((argument) => /^--?json$/i.test(argument))
  if (error instanceof AppError) {
    if (isJson) streams.out(JSON.stringify(errorDocument(error)))
    else for (const line of renderError(error, program)) streams.err(line)
    return error.exitCode
  }
  if (isJson) streams.out(JSON.stringify(crashDocument(error, scrubber)))
  for (const line of renderCrash(error, scrubber)) streams.err(line)
  return exitCodeOf(error, program)
}
