/**
 * The slow, readable twin: the specification that the fast implementation must equal bit for bit. It runs wherever
 * JavaScript runs, and shares nothing with the fast path but the ports and the layout of an FVEK.
 */
import type { CcmBox, Crypto, Stretcher, StretchOptions } from "./crypto.ts"
import { checkCandidates, checkCcm, checkStretch, STRETCH_STEPS } from "./inputs.ts"
import { type AesKey, encryptBlock, expandKey, xor } from "./reference-aes.ts"
import { decryptRsa } from "./reference-rsa.ts"
import { createReferenceSectorCipher } from "./reference-sector-cipher.ts"
import { sha1 } from "./reference-sha1.ts"
import { sha256 } from "./reference-sha256.ts"

export const referenceCrypto: Crypto = {
  sha256,
  sha1,
  openCcm(key, { nonce, tag, ciphertext }) {
    checkCcm(key, nonce, ciphertext, tag)
    const aes = expandKey(key)
    const plaintext = applyCounter(aes, nonce, ciphertext)
    const difference = xor(ccmTag(aes, nonce, plaintext), tag)
    return difference.every((byte) => byte === 0) ? plaintext : undefined
  },
  sealCcm(key, nonce, plaintext): CcmBox {
    checkCcm(key, nonce, plaintext)
    const aes = expandKey(key)
    return { nonce, tag: ccmTag(aes, nonce, plaintext), ciphertext: applyCounter(aes, nonce, plaintext) }
  },
  decryptRsa,
  stretch: (initial, salt, options) => stretchSteps(initial, salt, STRETCH_STEPS, options),
  openStretchers: () => [referenceStretcher],
  createSectorCipher: createReferenceSectorCipher,
}

/** One candidate after the other. */
const referenceStretcher: Stretcher = {
  async stretch(initials, salt, { signal, steps = STRETCH_STEPS } = {}) {
    checkCandidates(initials, salt)
    const keys: Uint8Array[] = []
    for (const initial of initials)
      keys.push(await stretchSteps(initial, salt, steps, { ...(signal && { signal }) }))
    return keys
  },
  close: () => Promise.resolve(),
}

const BLOCK = 16

/** CBC-MAC over a block of facts and the message, masked by counter block 0 (RFC 3610, 2.2; M = 16, L = 3). */
function ccmTag(aes: AesKey, nonce: Uint8Array, message: Uint8Array): Uint8Array {
  let mac = encryptBlock(aes, ccmBlock(0x3a, nonce, message.length))
  for (let at = 0; at < message.length; at += BLOCK) {
    const block = new Uint8Array(BLOCK)
    block.set(message.subarray(at, at + BLOCK))
    mac = encryptBlock(aes, xor(mac, block))
  }
  return xor(mac, encryptBlock(aes, ccmBlock(0x02, nonce, 0)))
}

/** Counter mode from block 1 on (RFC 3610, 2.3): its own inverse. */
function applyCounter(aes: AesKey, nonce: Uint8Array, message: Uint8Array): Uint8Array {
  const out = new Uint8Array(message.length)
  for (let at = 0, counter = 1; at < message.length; at += BLOCK, counter++) {
    out.set(xor(message.subarray(at, at + BLOCK), encryptBlock(aes, ccmBlock(0x02, nonce, counter))), at)
  }
  return out
}

function ccmBlock(flags: number, nonce: Uint8Array, number: number): Uint8Array {
  return Uint8Array.of(flags, ...nonce, number >> 16, number >> 8, number)
}

/** Steps between two looks at the clock and the signal. */
const SLICE = 1024

/** The first `steps` of the chain: each hashes the last hash, the initial value, the salt and the count of steps. */
export async function stretchSteps(
  initial: Uint8Array,
  salt: Uint8Array,
  steps: number,
  { signal, onProgress }: StretchOptions = {},
): Promise<Uint8Array> {
  checkStretch(initial, salt)
  let last: Uint8Array = new Uint8Array(32)
  const count = new DataView(new ArrayBuffer(8))
  for (let step = 0; step < steps; step++) {
    if (step % SLICE === 0) {
      await new Promise((resolve) => setTimeout(resolve))
      signal?.throwIfAborted()
      onProgress?.(step, steps)
    }
    count.setBigUint64(0, BigInt(step), true)
    last = sha256(last, initial, salt, new Uint8Array(count.buffer))
  }
  onProgress?.(steps, steps)
  return last
}
