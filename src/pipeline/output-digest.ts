/**
 * `--hash sha256`: the digest of the output, two ways. One lane writes in order, so the bytes are hashed as they pass. Many
 * lanes do not; there a thread of its own reads the output back behind the frontier up to which everything is final (never
 * the source). What it reads was just written: it comes from the page cache.
 */
import { createHash } from "node:crypto"
import { Worker } from "node:worker_threads"
import type { PositionalSink } from "../sink/positional-sink.ts"
import { type PortableError, fromPortable } from "./portable-error.ts"

export interface OutputDigest {
  /** Everything below that position of the output is final. */
  advance(frontier: number): void
  /** In hex, once the frontier has reached the end. */
  digest(): Promise<string>
  /** Nobody waits for the digest any more. */
  abandon(): void
}

/** Hashes what passes through the sink: ascending, without gaps. */
export function digestInOrder(sink: PositionalSink): { sink: PositionalSink; digest: OutputDigest } {
  const hash = createHash("sha256")
  let next = 0
  return {
    sink: {
      async write(at, bytes) {
        if (at !== next) throw new Error(`${at} was written where ${next} was next`)
        await sink.write(at, bytes)
        hash.update(bytes)
        next += bytes.length
      },
      sync: () => sink.sync(),
      close: () => sink.close(),
    },
    digest: { advance() {}, digest: async () => hash.digest("hex"), abandon() {} },
  }
}

export interface DigestSetup {
  readonly path: string
  /** The digest covers `[0, size)` of the file or device. */
  readonly size: number
}
export type DigestReply = { readonly digest: string } | { readonly error: PortableError }

/** Reads the output back in a thread: `digest-entry.ts`. */
export function digestByReadingBack(setup: DigestSetup): OutputDigest {
  const worker = new Worker(new URL("./digest-entry.js", import.meta.url), { workerData: setup })
  const digest = new Promise<string>((resolve, reject) => {
    worker.on("message", (reply: DigestReply) => {
      if ("digest" in reply) resolve(reply.digest)
      else reject(fromPortable(reply.error))
    })
    worker.on("error", reject)
    worker.on("exit", () => reject(new Error("the digest thread ended early")))
  })
  // Who asks for the digest hears of a failure; who abandons it does not care.
  digest.catch(() => {})
  return {
    advance(frontier) {
      worker.postMessage(frontier)
    },
    digest: () => digest,
    abandon() {
      void worker.terminate()
    },
  }
}
