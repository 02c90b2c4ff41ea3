/** Stretchers on Node: a thread for each processor, or the calling thread, in slices, where no thread can be started. */
import { once } from "node:events"
import { availableParallelism } from "node:os"
import { setImmediate } from "node:timers/promises"
import { Worker } from "node:worker_threads"
import type { Stretcher } from "./crypto.ts"
import { checkCandidates, STRETCH_STEPS } from "./inputs.ts"
import { compileKernel } from "./node-kernels.ts"
import { runFour, type StretchFourTask } from "./node-stretch-four.ts"

/** Absent when run from the sources, as in tests: Node 20 starts no thread from TypeScript. */
const THREAD = import.meta.url.endsWith(".js")
  ? new URL("./node-stretcher-worker.js", import.meta.url)
  : undefined

export function openStretchers(): readonly Stretcher[] {
  const kernel = compileKernel("stretch-four")
  if (!THREAD) return [stretcherHere(kernel)]
  return Array.from({ length: availableParallelism() }, () => stretcherInThread(THREAD, kernel))
}

function stretcherInThread(file: URL, kernel: WebAssembly.Module): Stretcher {
  const thread = new Worker(file, { workerData: kernel })
  return {
    async stretch(initials, salt, { signal, steps = STRETCH_STEPS } = {}) {
      checkCandidates(initials, salt)
      signal?.throwIfAborted()
      thread.postMessage({ initials, salt, steps } satisfies StretchFourTask)
      try {
        // Rejects with what the thread fails of, too.
        const [keys] = (await once(thread, "message", { signal })) as [Uint8Array[]]
        return keys
      } catch (error) {
        // An aborted wait ends with an error of its own, not with the reason.
        signal?.throwIfAborted()
        throw error
      }
    },
    async close() {
      await thread.terminate()
    },
  }
}

function stretcherHere(kernel: WebAssembly.Module): Stretcher {
  return {
    async stretch(initials, salt, { signal, steps = STRETCH_STEPS } = {}) {
      checkCandidates(initials, salt)
      const chains = runFour(kernel, { initials, salt, steps })
      for (;;) {
        signal?.throwIfAborted()
        const { done, value } = chains.next()
        if (done) return value
        await setImmediate()
      }
    },
    close: () => Promise.resolve(),
  }
}
