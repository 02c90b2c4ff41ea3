/**
 * What stands around a message before RSA encrypts it (RFC 8017, section 7). Each of these takes the block that decryption gives,
 * and answers with the message, or `undefined` where the block has another padding: a wrong key gives noise, which has none.
 */
import { equalBytes } from "../bytes/compare.ts"

export type Digest = (...parts: readonly Uint8Array[]) => Uint8Array

/** At least so many bytes of noise stand before the message. */
const SHORTEST_NOISE = 8

/** PKCS#1 v1.5 (7.2.2): 00 02, noise without a zero, 00, the message. */
export function withoutPkcs1Padding(block: Uint8Array): Uint8Array | undefined {
  if (block[0] !== 0 || block[1] !== 2) return undefined
  const end = block.indexOf(0, 2)
  return end < 2 + SHORTEST_NOISE ? undefined : block.slice(end + 1)
}

/**
 * OAEP (7.1.2) without a label: 00, a seed and the data, each masked with the other; in the data the digest of the empty label,
 * zeros, 01, the message.
 */
export function withoutOaepPadding(block: Uint8Array, digest: Digest): Uint8Array | undefined {
  const ofLabel = digest()
  const { length } = ofLabel
  if (block[0] !== 0 || block.length < 2 * length + 2) return undefined
  const maskedSeed = block.subarray(1, 1 + length)
  const maskedData = block.subarray(1 + length)
  const seed = masked(maskedSeed, maskOf(maskedData, length, digest))
  const data = masked(maskedData, maskOf(seed, maskedData.length, digest))
  if (!equalBytes(data.subarray(0, length), ofLabel)) return undefined
  const end = data.findIndex((byte, i) => i >= length && byte !== 0)
  return data[end] === 1 ? data.slice(end + 1) : undefined
}

/** MGF1 (B.2.1): digests of the seed and a count, one behind the other. */
function maskOf(seed: Uint8Array, length: number, digest: Digest): Uint8Array {
  const mask = new Uint8Array(length)
  for (let at = 0, count = 0; at < length; count++) {
    const part = digest(seed, Uint8Array.of(count >>> 24, count >>> 16, count >>> 8, count))
    mask.set(part.subarray(0, length - at), at)
    at += part.length
  }
  return mask
}

function masked(bytes: Uint8Array, mask: Uint8Array): Uint8Array {
  return bytes.map((byte, i) => byte ^ mask[i]!)
}
