/**
 * The key stretch, in slices. The first chain runs in the calling thread, which looks after its other work once a
 * millisecond; chains that run at the same time get threads of their own.
 *
 * Why not all of them: to start a thread takes 20 to 40 ms, a tenth of the stretch, and most volumes need just one.
 */
import { on } from "node:events"
import { setImmediate } from "node:timers/promises"
import { Worker } from "node:worker_threads"
import type { StretchOptions } from "./crypto.ts"
import { compileKernel } from "./node-kernels.ts"
import { runChain, type StretchTask } from "./node-stretch-chain.ts"
import type { StretchAnswer } from "./node-stretch-worker.ts"

/** Absent when run from the sources, as in tests: Node 20 starts no thread from TypeScript. */
const THREAD = import.meta.url.endsWith(".js")
  ? new URL("./node-stretch-worker.js", import.meta.url)
  : undefined

let isRunningHere = false

/** The first `steps` of the chain. */
export async function stretchSteps(
  initial: Uint8Array,
  salt: Uint8Array,
  steps: number,
  options: StretchOptions = {},
): Promise<Uint8Array> {
  options.signal?.throwIfAborted()
  const task = { kernel: compileKernel("stretch"), initial, salt, steps }
  if (isRunningHere && THREAD) return await stretchInThread(THREAD, task, options)
  isRunningHere = true
  try {
    return await stretchHere(task, options)
  } finally {
    isRunningHere = false
  }
}

async function stretchHere(task: StretchTask, { signal, onProgress }: StretchOptions): Promise<Uint8Array> {
  const chain = runChain(task)
  for (;;) {
    const { done, value } = chain.next()
    if (done) return value
    onProgress?.(value, task.steps)
    await setImmediate()
    signal?.throwIfAborted()
  }
}

async function stretchInThread(
  file: URL,
  task: StretchTask,
  { signal, onProgress }: StretchOptions,
): Promise<Uint8Array> {
  const thread = new Worker(file, { workerData: task })
  try {
    for await (const [message] of on(thread, "message", { signal, close: ["exit"] })) {
      const answer = message as StretchAnswer
      if (typeof answer !== "number") return answer
      onProgress?.(answer, task.steps)
    }
    throw new Error("the thread of a stretch ended before its chain")
  } catch (error) {
    // An aborted wait ends with an error of its own, not with the reason.
    signal?.throwIfAborted()
    throw error
  } finally {
    await thread.terminate()
  }
}
