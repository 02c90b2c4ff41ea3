/**
 * Ending a run before its end. The epoch, one word that all lanes share, is raised: each lane gives up its ticket before
 * its next write, which is at most one piece away. A read that hangs would keep the run for ever, so there is a grace, and
 * after it nobody waits any more; a lane that comes back later finds its epoch gone and writes nothing.
 */

export interface Stop {
  readonly epoch: Int32Array<SharedArrayBuffer>
  /** Why the run stops; `undefined` while it goes on. The first reason stays. */
  readonly reason: unknown
  /** Resolves when the run is stopped. */
  readonly stopped: Promise<void>
  /** Resolves when it is stopped and its grace is over. */
  readonly graceOver: Promise<void>
  now(reason: unknown): void
  /** The run has ended: the signal may fire without anybody minding. */
  unwatch(): void
}

const GRACE_MS = 3_000

export function watchForStop(signal: AbortSignal | undefined): Stop {
  const epoch = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT))
  let reason: unknown
  let timer: NodeJS.Timeout | undefined
  let [tellStopped, endGrace] = [() => {}, () => {}]
  const stopped = new Promise<void>((resolve) => (tellStopped = resolve))
  const graceOver = new Promise<void>((resolve) => (endGrace = resolve))

  function now(why: unknown): void {
    if (reason !== undefined) return
    reason = why
    Atomics.add(epoch, 0, 1)
    tellStopped()
    timer = setTimeout(endGrace, GRACE_MS)
  }
  const onAbort = () => now(signal?.reason)
  signal?.addEventListener("abort", onAbort)
  if (signal?.aborted) onAbort()

  return {
    epoch,
    get reason() {
      return reason
    },
    stopped,
    graceOver,
    now,
    unwatch() {
      signal?.removeEventListener("abort", onAbort)
      clearTimeout(timer)
    },
  }
}
