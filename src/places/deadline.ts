/**
 * A signal that comes with another one, or when time is up. Not `AbortSignal.any` of `AbortSignal.timeout`: nothing holds on to
 * such a pair, and once it was collected as garbage the time is never up (observed: Node 20.20).
 */

/** Too little was heard for too long. */
export class OutOfTime extends Error {}

export interface Deadline {
  /** Its reason is the other signal's, or an `OutOfTime`. */
  readonly signal: AbortSignal
  /** The time does not matter any more. */
  clear(): void
}

export function startDeadline(timeoutMs: number, signal: AbortSignal): Deadline {
  const stop = new AbortController()
  const onAbort = () => stop.abort(signal.reason)
  const timer = setTimeout(() => stop.abort(new OutOfTime(`nothing within ${timeoutMs} ms`)), timeoutMs)
  signal.addEventListener("abort", onAbort, { once: true })
  if (signal.aborted) onAbort()
  return {
    signal: stop.signal,
    clear() {
      clearTimeout(timer)
      signal.removeEventListener("abort", onAbort)
    },
  }
}
