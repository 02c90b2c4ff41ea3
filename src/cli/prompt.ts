/**
 * The terminal asks: for a secret without an echo, or for a yes. The terminal is raw while a secret is typed, so that the
 * keys that edit a line are ours to obey, Ctrl-C included; Node puts the terminal back when a signal ends it.
 */
import { StringDecoder } from "node:string_decoder"
import { UsageError } from "../errors.ts"
import type { Question } from "../job/requests.ts"

/** What is needed of `process.stdin` on a terminal. */
export interface TerminalInput extends NodeJS.ReadableStream {
  setRawMode(raw: boolean): unknown
  unref(): unknown
}

const KEYS = {
  interrupt: "\u0003",
  endOfInput: "\u0004",
  backspace: ["\u0008", "\u007f"],
  eraseLine: "\u0015",
  escape: "\u001b",
  enter: ["\r", "\n"],
} as const
/** Arrow and function keys: ESC, then `[` or `O` and what ends them. */
const ESCAPE_SEQUENCE = new RegExp(`${KEYS.escape}(?:[[O][0-9;]*[ -/]*[@-~]?)?`, "gu")

/** @throws UsageError when the input ends instead */
export async function askSecret(
  input: TerminalInput,
  question: string,
  show: (text: string) => void,
): Promise<string> {
  // Raw first: who types as soon as the question is there must not see it echoed.
  input.setRawMode(true)
  try {
    show(question)
    return await typedLine(input)
  } finally {
    input.setRawMode(false)
    input.pause()
    input.unref()
    show("\n")
  }
}

function typedLine(input: TerminalInput): Promise<string> {
  const decoder = new StringDecoder("utf8")
  const typed: string[] = []
  return new Promise((resolve, reject) => {
    const finish = (act: () => void): void => {
      input.off("data", onData)
      act()
    }
    const onData = (chunk: Buffer | string): void => {
      const text = typeof chunk === "string" ? chunk : decoder.write(chunk)
      for (const key of text.replace(ESCAPE_SEQUENCE, "")) {
        if (KEYS.enter.includes(key as "\r")) return finish(() => resolve(typed.join("")))
        if (key === KEYS.interrupt) return finish(() => reject(new Interrupted()))
        if (key === KEYS.endOfInput) return finish(() => reject(nothingTyped()))
        if (KEYS.backspace.includes(key as "\u0008")) typed.pop()
        else if (key === KEYS.eraseLine) typed.length = 0
        else typed.push(key)
      }
    }
    input.on("data", onData)
    input.resume()
  })
}

/** Ctrl-C at a prompt: the process ends as SIGINT would end it. */
export class Interrupted extends Error {}

function nothingTyped(): UsageError {
  return new UsageError("no-secret", "nothing was typed", { next: ["type the secret, then Enter"] })
}

/**
 * A question that only a whole `yes` answers, or one of the answers that it has itself. The line is edited by the terminal, so
 * Ctrl-C is a signal as ever.
 */
export async function askPerson(
  input: NodeJS.ReadableStream,
  output: NodeJS.WritableStream,
  { text, answers }: Question,
  signal: AbortSignal,
): Promise<boolean> {
  // Most runs ask nothing.
  const { createInterface } = await import("node:readline/promises")
  const terminal = createInterface({ input, output, terminal: false })
  const prompt = answers ? `${text} ` : `${text} Type yes to go on: `
  try {
    const typed = (await terminal.question(prompt, { signal })).trim().toLowerCase()
    return (answers ?? ["yes"]).some((answer) => answer.toLowerCase() === typed)
  } finally {
    terminal.close()
  }
}
