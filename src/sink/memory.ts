/** Bytes in memory as a sink, and the sink that keeps nothing: tests, dry measurements, `check`. */
import type { PositionalSink } from "./positional-sink.ts"

/** @param bytes what is written; a write outside of it is a RangeError */
export function memorySink(bytes: Uint8Array): PositionalSink {
  return {
    write: async (at, part) => bytes.set(part, at),
    sync: async () => {},
    close: async () => {},
  }
}

export function discardSink(): PositionalSink {
  return { write: async () => {}, sync: async () => {}, close: async () => {} }
}
