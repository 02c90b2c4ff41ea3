/** Everything a lane is told at its start; without the open ends it is data, and goes to a thread as it is. */
import type { Crypto } from "../crypto/crypto.ts"
import type { EncryptionMethod } from "../crypto/method.ts"
import { READ_SIZE } from "../rescue/next-tickets.ts"
import type { PositionalSink, SinkSpec } from "../sink/positional-sink.ts"
import type { ByteSource, SourceSpec } from "../source/byte-source.ts"
import { pageMemory } from "../source/page-memory.ts"
import type { VolumePlan } from "../volume/volume-plan.ts"
import type { LaneTools } from "./lane.ts"

export interface LaneSetup {
  readonly plan: VolumePlan
  readonly key?: { readonly method: EncryptionMethod; readonly fvek: Uint8Array } | undefined
  readonly origin: number
  readonly keepZeros: boolean
  /** What stands in place of unreadable bytes; zeros when absent. */
  readonly pattern?: Uint8Array | undefined
  /** One shared word: the age of the run. */
  readonly epoch: Int32Array<SharedArrayBuffer>
}

export interface ThreadSetup extends LaneSetup {
  readonly source: SourceSpec
  readonly sink: SinkSpec
}

/** What a process is told: nothing is shared with it, so it hears of the age of the run by itself. */
export type ProcessSetup = Omit<ThreadSetup, "epoch">

export function makeLaneTools(
  setup: LaneSetup,
  crypto: Crypto,
  source: ByteSource,
  sink: PositionalSink,
): LaneTools {
  const { plan, key, origin, keepZeros, pattern, epoch } = setup
  const cipher =
    key && crypto.createSectorCipher(key.method, key.fvek, plan.sectorSize, { bufferLength: READ_SIZE })
  return {
    source,
    sink,
    plan,
    cipher,
    origin,
    keepZeros,
    fill: { pattern, plan, origin },
    buffer: cipher?.buffer ?? pageMemory(READ_SIZE),
    isCurrent: (ticketEpoch) => Atomics.load(epoch, 0) === ticketEpoch,
  }
}
