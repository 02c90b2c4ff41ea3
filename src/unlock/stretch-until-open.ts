/** Key stretches side by side, each a million hashes, until what comes of one opens the volume. */
import type { Crypto } from "../crypto/crypto.ts"
import type { StretchAttempt } from "./attempts.ts"

/** More than the usual processors would only slow the first one down. */
const STRETCHES_AT_ONCE = 2

export interface StretchOptions {
  readonly signal?: AbortSignal
  /** Steps of the key stretches done, of all that were started. */
  readonly onStretch?: (done: number, total: number) => void
}

/** @throws the signal's reason when it is aborted */
export async function stretchUntilOpen<T>(
  attempts: readonly StretchAttempt[],
  crypto: Crypto,
  { signal, onStretch }: StretchOptions,
  open: (attempt: StretchAttempt, key: Uint8Array) => Promise<T | undefined>,
): Promise<T | undefined> {
  const opened = new AbortController()
  const stop = signal ? AbortSignal.any([signal, opened.signal]) : opened.signal
  const progress = attempts.map(() => ({ done: 0, total: 0 }))
  const report = (): void =>
    onStretch?.(
      progress.reduce((sum, { done }) => sum + done, 0),
      progress.reduce((sum, { total }) => sum + total, 0),
    )
  let next = 0
  let result: T | undefined
  const work = async (): Promise<void> => {
    while (next < attempts.length && result === undefined) {
      const mine = next++
      const attempt = attempts[mine]!
      const key = await crypto.stretch(attempt.initial, attempt.salt, {
        signal: stop,
        onProgress(done, total) {
          progress[mine] = { done, total }
          report()
        },
      })
      const found = await open(attempt, key)
      result ??= found
      if (result !== undefined) opened.abort()
    }
  }
  const workers = Array.from({ length: Math.min(STRETCHES_AT_ONCE, attempts.length) }, work)
  const ends = await Promise.allSettled(workers)
  if (result !== undefined) return result
  for (const end of ends) if (end.status === "rejected") throw end.reason
  return undefined
}
