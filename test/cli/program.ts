/** Runs the built program and keeps what it says. */
import { spawn } from "node:child_process"
import { fileURLToPath } from "node:url"

export const PROGRAM = fileURLToPath(new URL("../../dist/bin/main.js", import.meta.url))
const MANAGE_BDE = fileURLToPath(new URL("../../dist/bin/manage-bde.js", import.meta.url))

export interface Run {
  readonly exitCode: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: Buffer
  readonly stderr: string
}

export interface RunOptions {
  /** `repair-bde` when absent. */
  readonly program?: "manage-bde" | undefined
  readonly cwd?: string
  readonly stdin?: string
  readonly env?: Readonly<Record<string, string>>
  /** Words before `node`: another user. */
  readonly prefix?: readonly string[]
  /** Options of node: a preload that meddles. */
  readonly nodeOptions?: readonly string[]
  /** Sees what comes, and may send signals. */
  readonly onOutput?: (text: string, kill: (signal: NodeJS.Signals) => void) => void
  /** It has been started, and may be sent signals at any time; what is returned is called when it has ended. */
  readonly onStart?: (kill: (signal: NodeJS.Signals) => void) => (() => void) | undefined
}

export function runProgram(args: readonly string[], options: RunOptions = {}): Promise<Run> {
  const { program, cwd, stdin = "", env, prefix = [], nodeOptions = [], onOutput, onStart } = options
  const script = program === "manage-bde" ? MANAGE_BDE : PROGRAM
  const [command, ...words] = [...prefix, process.execPath, ...nodeOptions, script, ...args] as [
    string,
    ...string[],
  ]
  return new Promise((resolve, reject) => {
    const child = spawn(command, words, {
      cwd,
      env: { PATH: process.env.PATH, HOME: process.env.HOME, TMPDIR: process.env.TMPDIR, ...env },
    })
    const stdout: Buffer[] = []
    let stderr = ""
    const kill = (signal: NodeJS.Signals): void => void child.kill(signal)
    const onEnd = onStart?.(kill)
    const seen = (text: string): void => onOutput?.(text, kill)
    child.stdout.on("data", (chunk: Buffer) => {
      stdout.push(chunk)
      seen(chunk.toString())
    })
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      stderr += text
      seen(text)
    })
    child.on("error", reject)
    child.on("close", (exitCode, signal) => {
      onEnd?.()
      resolve({ exitCode, signal, stdout: Buffer.concat(stdout), stderr })
    })
    // A program that does not read its input closes it.
    child.stdin.on("error", () => {})
    child.stdin.end(stdin)
  })
}
