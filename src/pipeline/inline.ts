/** The lane in this very thread: sources in memory, faulty sources in tests, stdout (in order), the first lane of files. */
import type { Crypto } from "../crypto/crypto.ts"
import type { PositionalSink } from "../sink/positional-sink.ts"
import type { ByteSource } from "../source/byte-source.ts"
import { type Lane, runTicket } from "./lane.ts"
import { type LaneSetup, makeLaneTools } from "./lane-setup.ts"

export interface LaneEnds {
  readonly source: ByteSource
  readonly sink: PositionalSink
  /** Closes those that the lane does not share with anybody. */
  close(): Promise<void>
}

export function openInlineLane(setup: LaneSetup, crypto: Crypto, { source, sink, close }: LaneEnds): Lane {
  const tools = makeLaneTools(setup, crypto, source, sink)
  let last: Promise<unknown> = Promise.resolve()
  return {
    run(ticket) {
      const outcome = last.then(() => runTicket(ticket, tools))
      last = outcome
      return outcome
    },
    close,
    // A read that hangs in Node's own pool cannot be left; sources that may hang get threads.
    abandon() {},
  }
}
