/** Paddings of RSA: what OpenSSL puts around a message is taken off, and noise has none. */
import { constants, generateKeyPairSync, privateDecrypt, publicEncrypt } from "node:crypto"
import { describe, expect, it } from "vitest"
import { nodeCrypto } from "../../src/crypto/node.ts"
import { withoutOaepPadding, withoutPkcs1Padding } from "../../src/unlock/rsa-padding.ts"
import { randomBytes } from "../suites/random-bytes.ts"

const { publicKey, privateKey } = generateKeyPairSync("rsa", { modulusLength: 1024 })

/** The block as it is under the encryption. */
function padded(message: Uint8Array, padding: number, oaepHash?: string): Uint8Array {
  const sealed = publicEncrypt({ key: publicKey, padding, ...(oaepHash && { oaepHash }) }, message)
  return new Uint8Array(privateDecrypt({ key: privateKey, padding: constants.RSA_NO_PADDING }, sealed))
}

/** Zeros at both ends, which are the message's own. */
const MESSAGES = [new Uint8Array(0), Uint8Array.of(0, 0, 7, 1, 0), randomBytes(32, 1)]

describe("OAEP", () => {
  it.each([
    ["sha1", nodeCrypto.sha1],
    ["sha256", nodeCrypto.sha256],
  ] as const)("with %s gives back the message", (name, digest) => {
    for (const message of MESSAGES) {
      const block = padded(message, constants.RSA_PKCS1_OAEP_PADDING, name)
      expect(withoutOaepPadding(block, digest)).toEqual(message)
    }
  })

  it("is not there with another digest, with any bit changed, or in noise", () => {
    const block = padded(MESSAGES[2]!, constants.RSA_PKCS1_OAEP_PADDING, "sha1")
    expect(withoutOaepPadding(block, nodeCrypto.sha256)).toBeUndefined()
    for (let at = 0; at < block.length; at++) {
      const changed = block.slice()
      changed[at]! ^= 0x10
      expect(withoutOaepPadding(changed, nodeCrypto.sha1), `byte ${at}`).not.toEqual(MESSAGES[2])
    }
    for (let length = 0; length < 300; length++) {
      const noise = randomBytes(length, length)
      noise.fill(0, 0, 1)
      expect(withoutOaepPadding(noise, nodeCrypto.sha1)).toBeUndefined()
    }
  })
})

describe("PKCS#1 v1.5", () => {
  it("gives back the message", () => {
    for (const message of MESSAGES) {
      expect(withoutPkcs1Padding(padded(message, constants.RSA_PKCS1_PADDING))).toEqual(message)
    }
  })

  it("has eight bytes of noise at least, and an end", () => {
    const block = (noise: number, end: number): Uint8Array =>
      Uint8Array.of(0, 2, ...new Uint8Array(noise).fill(5), end, 9)
    expect(withoutPkcs1Padding(block(8, 0))).toEqual(Uint8Array.of(9))
    expect(withoutPkcs1Padding(block(7, 0))).toBeUndefined()
    expect(withoutPkcs1Padding(block(8, 1))).toBeUndefined()
  })
})
