/** SHA-1 as FIPS 180-4 tells it: the whole message at once, constants computed from what they come from. */
import { pad } from "./reference-sha256.ts"

const INITIAL_HASH = [0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0]
/** The square roots of 2, 3, 5 and 10, times 2^30, for twenty rounds each (4.2.1). */
const ROUND_CONSTANTS = [2, 3, 5, 10].map((n) => Math.floor(2 ** 30 * Math.sqrt(n)))

export function sha1(...parts: readonly Uint8Array[]): Uint8Array {
  const message = pad(parts)
  const view = new DataView(message.buffer)
  let hash = INITIAL_HASH
  for (let at = 0; at < message.length; at += 64) {
    const block = Array.from({ length: 16 }, (_, i) => view.getUint32(at + 4 * i))
    hash = compress(hash, block)
  }
  const digest = new Uint8Array(20)
  hash.forEach((word, i) => new DataView(digest.buffer).setUint32(4 * i, word))
  return digest
}

/** 6.1.2. */
function compress(hash: readonly number[], block: readonly number[]): number[] {
  const w = [...block]
  for (let t = 16; t < 80; t++) w.push(rotl(w[t - 3]! ^ w[t - 8]! ^ w[t - 14]! ^ w[t - 16]!, 1))
  let [a, b, c, d, e] = hash as [number, number, number, number, number]
  for (let t = 0; t < 80; t++) {
    const stage = Math.floor(t / 20)
    const mixed = (rotl(a, 5) + mix(stage, b, c, d) + e + ROUND_CONSTANTS[stage]! + w[t]!) >>> 0
    ;[e, d, c, b, a] = [d, c, rotl(b, 30), a, mixed]
  }
  return [a, b, c, d, e].map((word, i) => (word + hash[i]!) >>> 0)
}

/** Choice, parity, majority, parity (4.1.1). */
function mix(stage: number, x: number, y: number, z: number): number {
  if (stage === 0) return (x & y) ^ (~x & z)
  if (stage === 2) return (x & y) ^ (x & z) ^ (y & z)
  return x ^ y ^ z
}

function rotl(word: number, bits: number): number {
  return (word << bits) | (word >>> (32 - bits))
}
