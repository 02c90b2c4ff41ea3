/**
 * Values in the order in which they arrive, for one taker. (`Promise.race` over the lanes would do, but each race leaves a
 * reaction behind on every promise that is still open: hundreds of megabytes over a volume of many terabytes.)
 */
export interface Mailbox<T> {
  put(value: T): void
  /** The next value; `undefined` once the box is closed. */
  take(): Promise<T | undefined>
  close(): void
}

export function openMailbox<T>(): Mailbox<T> {
  const arrived: T[] = []
  let isClosed = false
  let wake = () => {}
  return {
    put(value) {
      arrived.push(value)
      wake()
    },
    async take() {
      if (arrived.length === 0 && !isClosed) {
        await new Promise<void>((resolve) => {
          wake = resolve
        })
      }
      return isClosed ? undefined : arrived.shift()
    },
    close() {
      isClosed = true
      wake()
    },
  }
}
