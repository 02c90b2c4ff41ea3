/**
 * A lane of a scan in a worker thread, which opens its own source: extents go out, traces come back. The worker runs
 * `scan-entry.ts`, in the built form that stands beside the built form of this file.
 */
import { Worker } from "node:worker_threads"
import type { Extent } from "../extents/extent.ts"
import type { SourceSpec } from "../source/byte-source.ts"
import { type PortableError, fromPortable } from "./portable-error.ts"
import type { ScanLane, ScanSetup } from "./scan-lane.ts"
import type { Scanned } from "./scan-state.ts"

export interface ScanThreadSetup extends ScanSetup {
  readonly source: SourceSpec
  readonly readTimeoutMs?: number | undefined
}
export type ScanThreadRequest = { readonly extent: Extent } | { readonly close: true }
/** In the order of the requests. */
export type ScanThreadReply = { readonly scanned: Scanned } | { readonly error: PortableError }

export function openScanThread(setup: ScanThreadSetup): ScanLane {
  const worker = new Worker(new URL("./scan-entry.js", import.meta.url), { workerData: setup })
  const waiting: { resolve(scanned: Scanned): void; reject(error: unknown): void }[] = []
  let ended: Error | undefined
  const end = (error: Error): void => {
    ended ??= error
    for (const { reject } of waiting.splice(0)) reject(error)
  }
  const exited = new Promise<void>((resolve) => {
    worker.on("exit", (code) => {
      end(new Error(`the worker thread ended with code ${code}`))
      resolve()
    })
  })
  worker.on("error", end)
  worker.on("message", (reply: ScanThreadReply) => {
    const { resolve, reject } = waiting.shift()!
    if ("scanned" in reply) resolve(reply.scanned)
    else reject(fromPortable(reply.error))
  })
  return {
    scan(extent) {
      if (ended) return Promise.reject(ended)
      return new Promise((resolve, reject) => {
        waiting.push({ resolve, reject })
        worker.postMessage({ extent } satisfies ScanThreadRequest)
      })
    },
    async close() {
      worker.postMessage({ close: true } satisfies ScanThreadRequest)
      await exited
    },
    abandon() {
      worker.unref()
      void worker.terminate()
    },
  }
}
