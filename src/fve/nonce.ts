/**
 * Nonces of wrapped datums: a FILETIME and a counter that goes up with every datum wrapped for the volume, so that none is
 * ever used twice with one key. The next counter stands in the dataset header.
 */
import { dateToFiletime } from "../bytes/filetime.ts"
import { struct, u32, u64 } from "../bytes/struct.ts"
import { AesCcmBody, DatumType } from "./datum-layout.ts"
import type { Datum } from "./datum.ts"

const Nonce = struct("nonce", { time: u64("FILETIME"), counter: u32("of the volume") })

export function makeNonce(at: Date, counter: number): Uint8Array {
  return Nonce.serialize({ time: dateToFiletime(at), counter })
}

/**
 * Observed: an auto-unlock key carries counters of its own from here on, which are not the volume's; damaged datums may
 * claim anything.
 */
const FOREIGN_COUNTERS = 0x1000_0000

/** The first counter above all that these datums, and those nested in them, were wrapped with. */
export function freeNonceCounter(datums: readonly Datum[]): number {
  const used = datums.map(({ type, body, properties }) => {
    const isWrapped = type === DatumType.aesCcm && body.length >= AesCcmBody.size
    const own = isWrapped ? Nonce.parse(AesCcmBody.parse(body).nonce).counter : 0
    return Math.max(own < FOREIGN_COUNTERS ? own + 1 : 1, freeNonceCounter(properties))
  })
  return Math.max(1, ...used)
}
