/** SHA-256 as FIPS 180-4 tells it: the whole message at once, constants computed from the primes they come from. */

const PRIMES = firstPrimes(64)
/** The first 32 bits of the fractional parts of the cube roots of the first 64 primes (4.2.2). */
const ROUND_CONSTANTS = PRIMES.map((prime) => fraction32(prime, 3n))
/** … and of the square roots of the first eight (5.3.3). */
const INITIAL_HASH = PRIMES.slice(0, 8).map((prime) => fraction32(prime, 2n))

export function sha256(...parts: readonly Uint8Array[]): Uint8Array {
  const message = pad(parts)
  const view = new DataView(message.buffer)
  let hash = INITIAL_HASH
  for (let at = 0; at < message.length; at += 64) {
    const block = Array.from({ length: 16 }, (_, i) => view.getUint32(at + 4 * i))
    hash = compress(hash, block)
  }
  const digest = new Uint8Array(32)
  hash.forEach((word, i) => new DataView(digest.buffer).setUint32(4 * i, word))
  return digest
}

/** A one bit, zeros, and the length in bits, to a whole number of blocks (5.1.1): of SHA-1 the same. */
export function pad(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const length = parts.reduce((sum, part) => sum + part.length, 0)
  const padded = new Uint8Array(Math.ceil((length + 9) / 64) * 64)
  let at = 0
  for (const part of parts) {
    padded.set(part, at)
    at += part.length
  }
  padded[length] = 0x80
  new DataView(padded.buffer).setBigUint64(padded.length - 8, BigInt(length) * 8n)
  return padded
}

/** 6.2.2. Words are unsigned 32 bits before they are stored, and signed in between. */
function compress(hash: readonly number[], block: readonly number[]): number[] {
  const w = [...block]
  for (let t = 16; t < 64; t++) {
    const [x, y] = [w[t - 15]!, w[t - 2]!]
    const sigma0 = rotr(x, 7) ^ rotr(x, 18) ^ (x >>> 3)
    const sigma1 = rotr(y, 17) ^ rotr(y, 19) ^ (y >>> 10)
    w.push((sigma1 + w[t - 7]! + sigma0 + w[t - 16]!) >>> 0)
  }
  let [a, b, c, d, e, f, g, h] = hash as [number, number, number, number, number, number, number, number]
  for (let t = 0; t < 64; t++) {
    const sum1 = rotr(e, 6) ^ rotr(e, 11) ^ rotr(e, 25)
    const sum0 = rotr(a, 2) ^ rotr(a, 13) ^ rotr(a, 22)
    const choice = (e & f) ^ (~e & g)
    const majority = (a & b) ^ (a & c) ^ (b & c)
    const t1 = h + sum1 + choice + ROUND_CONSTANTS[t]! + w[t]!
    const t2 = sum0 + majority
    ;[h, g, f, e, d, c, b, a] = [g, f, e, (d + t1) >>> 0, c, b, a, (t1 + t2) >>> 0]
  }
  return [a, b, c, d, e, f, g, h].map((word, i) => (word + hash[i]!) >>> 0)
}

function rotr(word: number, bits: number): number {
  return (word >>> bits) | (word << (32 - bits))
}

function firstPrimes(count: number): number[] {
  const primes: number[] = []
  for (let n = 2; primes.length < count; n++) if (primes.every((p) => n % p !== 0)) primes.push(n)
  return primes
}

/** floor(2^32 · n^(1/degree)) modulo 2^32: an integer root, found by halving. */
function fraction32(n: number, degree: bigint): number {
  const power = BigInt(n) << (32n * degree)
  let low = 0n
  let high = 1n << 40n
  while (high - low > 1n) {
    const middle = (low + high) >> 1n
    if (middle ** degree <= power) low = middle
    else high = middle
  }
  return Number(low & 0xffff_ffffn)
}
