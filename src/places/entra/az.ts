/** The Azure CLI, which may be logged in already. */
import { execFile } from "node:child_process"
import { errnoOf } from "../../source/failures.ts"

export interface AzAnswer {
  readonly isDone: boolean
  readonly stdout: string
}

const TIMEOUT_MS = 60_000
const LARGEST_ANSWER = 1 << 16

/** @param args none that a shell would read: on Windows it is a batch file, which only the shell can start */
export function runAz(args: readonly string[], signal: AbortSignal): Promise<AzAnswer | undefined> {
  const options = {
    timeout: TIMEOUT_MS,
    maxBuffer: LARGEST_ANSWER,
    signal,
    shell: process.platform === "win32",
    windowsHide: true,
  }
  return new Promise((resolve) => {
    execFile("az", args, options, (error, stdout) => {
      resolve(errnoOf(error) === "ENOENT" ? undefined : { isDone: error === null, stdout })
    })
  })
}
