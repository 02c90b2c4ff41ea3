/** Nonces as Windows makes them: a FILETIME and a counter that goes up with every wrapped datum. */
import { struct, u32, u64 } from "../../src/bytes/struct.ts"

const Nonce = struct("nonce", { time: u64("FILETIME"), counter: u32("of the dataset") })

/** 2021-06-01T12:00:00Z, when every forged volume was made. */
export const FORGED_AT = 132670224000000000n
/** The driver, which writes the validation datum, sets the top byte. */
const DRIVER = 0x81n << 56n

export interface NonceSource {
  next(): Uint8Array
  nextOfDriver(): Uint8Array
  /** The counter that the next nonce will have. */
  counter(): number
}

export function nonceSource(first = 2): NonceSource {
  let counter = first
  const make = (time: bigint): Uint8Array => Nonce.serialize({ time, counter: counter++ })
  return { next: () => make(FORGED_AT), nextOfDriver: () => make(FORGED_AT | DRIVER), counter: () => counter }
}
