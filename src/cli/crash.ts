/**
 * Our own bugs. The report names the place in our code and nothing of the person: no argument, no environment, no bytes;
 * the secrets that were given are cut out of it.
 */
import { arch, platform } from "node:os"
import { EXIT_BUG } from "../errors.ts"
import type { ErrorDocument } from "./render-error.ts"
import type { Scrubber } from "./scrubber.ts"
import { version } from "./version.ts"

const MESSAGE_LENGTH = 300

export function renderCrash(error: unknown, scrubber: Scrubber, isInPlace = false): string[] {
  const input = isInPlace ? "`repair-bde undo` takes back what was written" : "INPUT was only read"
  return [
    `repair-bde: this is a bug in repair-bde, not a fault of your drive; ${input}`,
    "  next: report it with the lines below; they hold no key, no password and no content of your drive",
    `  repair-bde ${version()}, node ${process.version}, ${platform()} ${arch()}`,
    ...describe(error).map((line) => `  ${scrubber.scrub(line)}`),
  ]
}

export function crashDocument(error: unknown, scrubber: Scrubber): ErrorDocument {
  return {
    type: "error",
    error: {
      code: "bug",
      message: scrubber.scrub(describe(error)[0]!),
      next: ["report it with the lines on standard error"],
      exitCode: EXIT_BUG,
      data: {},
    },
  }
}

/** Name, message and place of the error and of what caused it. */
function describe(error: unknown): string[] {
  if (!(error instanceof Error)) return [`thrown: ${typeof error}`]
  const frames = (error.stack ?? "").split("\n").filter((line) => /^\s+at /.test(line))
  const cause =
    error.cause === undefined ? [] : describe(error.cause).map((line) => `caused by ${line.trim()}`)
  return [`${error.name}: ${messageOf(error)}`, ...frames.map(withoutFolders), ...cause]
}

/** A message that an assertion made for itself shows the values it compared: they may be keys. */
function messageOf(error: Error): string {
  if ("generatedMessage" in error && error.generatedMessage === true) return "assertion failed"
  const [line = ""] = error.message.split("\n")
  return line.length > MESSAGE_LENGTH ? `${line.slice(0, MESSAGE_LENGTH)}…` : line
}

/** `at f (file:///home/name/…/dist/cli/run.js:3:7)` tells where somebody lives: our part of the path is enough. */
function withoutFolders(frame: string): string {
  return frame.replace(/(?:file:\/\/)?[^\s(]*[\\/]((?:dist|src)[\\/][^\s()]*)/, "$1")
}
