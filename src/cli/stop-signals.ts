/**
 * SIGINT, SIGTERM and SIGHUP ask the job to stop and to leave everything in order. The second signal ends the process at
 * once, even where a read hangs in the kernel: that is for the person who knows.
 */
import { AbortError, type StopSignal } from "../errors.ts"

const SIGNALS: readonly StopSignal[] = ["SIGINT", "SIGTERM", "SIGHUP"]

/** @param next what to type afterwards */
export function listenForStopSignals(next: readonly string[]): AbortSignal {
  const controller = new AbortController()
  const onSignal = (name: NodeJS.Signals): void => {
    for (const signal of SIGNALS) process.off(signal, onSignal)
    const error = new AbortError(name as StopSignal, { next })
    // As the first process of a container the default action is not taken: hence the listener that exits.
    for (const signal of SIGNALS) process.once(signal, () => leaveAtOnce(signal, error.exitCode))
    controller.abort(error)
  }
  for (const signal of SIGNALS) process.on(signal, onSignal)
  return controller.signal
}

/** The default action of the signal does not wait for threads that hang in a read; `process.exit` does. */
function leaveAtOnce(signal: StopSignal, exitCode: number): void {
  process.removeAllListeners(signal)
  process.kill(process.pid, signal)
  process.exit(exitCode)
}
