/** A stream that keeps what is written to it, and can fail. */
import type { Stream } from "../../src/cli/streams.ts"

export interface FakeStream extends Stream {
  readonly text: string
  fail(code: string): void
}

export function fakeStream(facts: { readonly isTTY?: boolean; readonly columns?: number } = {}): FakeStream {
  const listeners: ((error: NodeJS.ErrnoException) => void)[] = []
  let text = ""
  return {
    ...facts,
    get text() {
      return text
    },
    write(more) {
      text += more
    },
    on(_event, listener) {
      listeners.push(listener)
    },
    fail(code) {
      for (const listener of listeners) listener(Object.assign(new Error(code), { code }))
    },
  }
}
