/** Random-looking bytes that are the same on every run and machine. */

export interface SeededRandom {
  bytes(length: number): Uint8Array
  /** In `[0, below)`. */
  integer(below: number): number
}

/** A counter through the finaliser of a 32-bit hash: no pattern that a test would notice. */
export function seededRandom(seed: number): SeededRandom {
  let counter = Math.imul(seed, 0x9e3779b1)
  const next = (): number => {
    counter = (counter + 0x6d2b79f5) | 0
    let word = Math.imul(counter ^ (counter >>> 16), 0x21f0aaad)
    word = Math.imul(word ^ (word >>> 15), 0x735a2d97)
    return (word ^ (word >>> 15)) >>> 0
  }
  return {
    bytes: (length) => Uint8Array.from({ length }, () => next() & 0xff),
    integer: (below) => next() % below,
  }
}
