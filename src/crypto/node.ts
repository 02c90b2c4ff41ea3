/**
 * The fast implementation, on Node: bulk AES of OpenSSL, WebAssembly kernels, threads. It must equal `reference.ts` bit for
 * bit.
 */
import { createCipheriv, createDecipheriv, createHash } from "node:crypto"
import type { Crypto } from "./crypto.ts"
import { checkCcm, checkStretch, STRETCH_STEPS } from "./inputs.ts"
import { createNodeSectorCipher } from "./node-sector-cipher.ts"
import { stretchSteps } from "./node-stretch.ts"
import { openStretchers } from "./node-stretchers.ts"

const CCM = "aes-256-ccm"
const CCM_TAG = { authTagLength: 16 }

export const nodeCrypto: Crypto = {
  sha256(...parts) {
    const hash = createHash("sha256")
    for (const part of parts) hash.update(part)
    return plain(hash.digest())
  },
  openCcm(key, { nonce, tag, ciphertext }) {
    checkCcm(key, nonce, ciphertext, tag)
    const decipher = createDecipheriv(CCM, key, nonce, CCM_TAG).setAuthTag(tag)
    const plaintext = decipher.update(ciphertext)
    try {
      decipher.final()
    } catch {
      // What `final` checks is the tag, and nothing else.
      return undefined
    }
    return plain(plaintext)
  },
  sealCcm(key, nonce, plaintext) {
    checkCcm(key, nonce, plaintext)
    const cipher = createCipheriv(CCM, key, nonce, CCM_TAG)
    const ciphertext = cipher.update(plaintext)
    cipher.final()
    return { nonce, tag: plain(cipher.getAuthTag()), ciphertext: plain(ciphertext) }
  },
  stretch(initial, salt, options) {
    checkStretch(initial, salt)
    return stretchSteps(initial, salt, STRETCH_STEPS, options)
  },
  openStretchers,
  createSectorCipher: createNodeSectorCipher,
}

/** The same bytes without Buffer's own ideas, such as a `slice` that copies nothing. */
function plain(buffer: Buffer): Uint8Array {
  return new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.length)
}
