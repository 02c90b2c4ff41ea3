/**
 * The fast implementation, on Node: bulk AES of OpenSSL, WebAssembly kernels, threads. It must equal `reference.ts` bit for
 * bit.
 */
import {
  constants,
  createCipheriv,
  createDecipheriv,
  createHash,
  createPrivateKey,
  privateDecrypt,
} from "node:crypto"
import type { Crypto } from "./crypto.ts"
import { checkCcm, checkStretch, STRETCH_STEPS } from "./inputs.ts"
import { createNodeSectorCipher } from "./node-sector-cipher.ts"
import { stretchSteps } from "./node-stretch.ts"
import { openStretchers } from "./node-stretchers.ts"
import { parseRsaPrivateKey } from "./rsa-key.ts"

const CCM = "aes-256-ccm"
const CCM_TAG = { authTagLength: 16 }

export const nodeCrypto: Crypto = {
  sha256: (...parts) => digest("sha256", parts),
  sha1: (...parts) => digest("sha1", parts),
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
  decryptRsa(key, ciphertext) {
    const { modulus } = parseRsaPrivateKey(key)
    if (ciphertext.length !== modulus.length || Buffer.compare(ciphertext, modulus) >= 0) return undefined
    const privateKey = createPrivateKey({ key: Buffer.from(key), format: "der", type: "pkcs1" })
    // Padding is the caller's business: Node's own answers a wrong one with noise, and tells nobody.
    return plain(privateDecrypt({ key: privateKey, padding: constants.RSA_NO_PADDING }, ciphertext))
  },
  stretch(initial, salt, options) {
    checkStretch(initial, salt)
    return stretchSteps(initial, salt, STRETCH_STEPS, options)
  },
  openStretchers,
  createSectorCipher: createNodeSectorCipher,
}

function digest(algorithm: string, parts: readonly Uint8Array[]): Uint8Array {
  const hash = createHash(algorithm)
  for (const part of parts) hash.update(part)
  return plain(hash.digest())
}

/** The same bytes without Buffer's own ideas, such as a `slice` that copies nothing. */
function plain(buffer: Buffer): Uint8Array {
  return new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.length)
}
