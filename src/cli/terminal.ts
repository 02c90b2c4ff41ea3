/** Where secrets and answers come from on this system: the terminal when there is one, standard input, files, variables. */
import { existsSync, readFileSync, statSync, writeFileSync } from "node:fs"
import { dirname, isAbsolute, join } from "node:path"
import { isatty } from "node:tty"
import { CredentialError } from "../errors.ts"
import type { JobContext } from "../job/requests.ts"
import { askPerson, askSecret } from "./prompt.ts"
import type { SecretSources } from "./secrets.ts"
import { readStdinLine } from "./stdin-line.ts"
import type { Streams } from "./streams.ts"

/** Asked by its number: to touch `process.stdin` makes a pipe non-blocking, for whoever shares it too. */
const STANDARD_INPUT = 0
/** Credentials are a few lines; whatever is larger is another file. */
const LARGEST_CREDENTIALS_FILE = 1 << 20

export function secretSources(told: Pick<SecretSources, "warn" | "remember">): SecretSources {
  return {
    ...told,
    env: process.env,
    ...(isatty(STANDARD_INPUT) && {
      prompt: (question: string) => askSecret(process.stdin, question, showOnTerminal),
    }),
    readLine: readStdinLine,
    readFile: readCredentialsFile,
    exists: existsSync,
    besides: (file, path) => (isAbsolute(path) ? path : join(dirname(file), path)),
  }
}

/** Absent without a terminal: nobody can be asked, and no script waits for an answer. */
export function terminalQuestion(streams: Streams, signal: AbortSignal): JobContext["ask"] {
  if (!isatty(STANDARD_INPUT) || !streams.isTerminal) return undefined
  return (question) => streams.withoutStatus(() => askPerson(process.stdin, process.stderr, question, signal))
}

/** Standard error may lead elsewhere while a person sits at the keyboard. */
function showOnTerminal(text: string): void {
  if (process.stderr.isTTY) process.stderr.write(text)
  else writeFileSync(process.platform === "win32" ? "\\\\.\\CONOUT$" : "/dev/tty", text)
}

function readCredentialsFile(path: string): Uint8Array {
  try {
    if (statSync(path).size <= LARGEST_CREDENTIALS_FILE) return readFileSync(path)
  } catch (cause) {
    throw new CredentialError(
      "credentials-file-unreadable",
      `cannot read ${path}: ${(cause as Error).message}`,
      {
        next: ["check its path, and that you may read it"],
        data: { path },
        cause,
      },
    )
  }
  throw new CredentialError("credentials-file-too-large", `${path} is too large for a credentials file`, {
    next: ["name a text file with one credential a line"],
    data: { path },
  })
}
