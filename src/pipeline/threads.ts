/**
 * A lane in a worker thread: it opens its own source and sink from the specs, so only tickets and outcomes cross. The
 * worker runs `thread-entry.ts`, in the built form that stands beside the built form of this file.
 *
 * A thread takes 50 ms of processor time to load, as much as decrypting 50 MiB. While a password is being stretched a
 * processor is idle: `warmThreads` lets them load then.
 */
import { availableParallelism } from "node:os"
import { Worker } from "node:worker_threads"
import { type Outcome, type Ticket, nothingDone } from "../rescue/ticket.ts"
import type { Lane } from "./lane.ts"
import type { ThreadSetup } from "./lane-setup.ts"
import { type PortableError, fromPortable } from "./portable-error.ts"

export type ThreadRequest =
  | { readonly setup: ThreadSetup }
  | { readonly ticket: Ticket }
  | { readonly close: true }
/** The last one says that source and sink are closed; nobody waits for the thread to be taken down. */
export type ThreadReply =
  | { readonly outcome: Omit<Outcome, "error">; readonly error?: PortableError }
  | { readonly closed: true }

/** More lanes than this only fight for one disk. */
const MOST_LANES = 4

export function usualLaneCount(): number {
  return Math.min(availableParallelism(), MOST_LANES)
}

/** Threads that load ahead of the run that needs them. They keep no process alive. */
export interface WarmThreads {
  /** One of them; `undefined` when all are taken. */
  take(): Worker | undefined
  /** Ends those that nobody took. */
  close(): Promise<void>
}

export function warmThreads(count: number): WarmThreads {
  const idle = Array.from({ length: count }, startThread)
  // One that cannot load is not taken: the lane's own will say why.
  for (const worker of idle) worker.on("error", () => {}).unref()
  return {
    take() {
      let worker = idle.shift()
      while (worker && !isAlive(worker)) worker = idle.shift()
      worker?.ref()
      return worker
    },
    close: async () => void (await Promise.all(idle.splice(0).map((worker) => worker.terminate()))),
  }
}

/** A worker that has ended has lost its number. */
function isAlive(worker: Worker): boolean {
  return worker.threadId !== -1
}

function startThread(): Worker {
  return new Worker(new URL("./thread-entry.js", import.meta.url))
}

export function openThreadLane(setup: ThreadSetup, worker: Worker = startThread()): Lane {
  const waiting = new Map<number, { ticket: Ticket; land: (outcome: Outcome) => void }>()
  let ended: { error: unknown } | undefined

  let close!: () => void
  const closed = new Promise<void>((resolve) => void (close = resolve))
  worker.on("exit", (code) => {
    end(new Error(`the worker thread ended with code ${code}`))
    close()
  })
  worker.on("error", end)
  worker.on("message", (reply: ThreadReply) => {
    if ("closed" in reply) return close()
    const { outcome, error } = reply
    waiting.get(outcome.id)?.land(error ? { ...outcome, error: fromPortable(error) } : outcome)
    waiting.delete(outcome.id)
  })
  const send = (request: ThreadRequest) => worker.postMessage(request)
  send({ setup })
  return {
    run(ticket) {
      if (ended) return Promise.resolve({ ...nothingDone(ticket), error: ended.error })
      return new Promise((land) => {
        waiting.set(ticket.id, { ticket, land })
        send({ ticket })
      })
    },
    async close() {
      send({ close: true })
      await closed
    },
    abandon() {
      worker.unref()
      void worker.terminate()
    },
  }

  function end(error: unknown) {
    ended ??= { error }
    for (const { ticket, land } of waiting.values()) land({ ...nothingDone(ticket), error })
    waiting.clear()
  }
}
