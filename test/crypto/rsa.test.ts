/** RSA decryption: the fast one and the readable one are the same, and undo what OpenSSL made. */
import { constants, generateKeyPairSync, publicEncrypt } from "node:crypto"
import { describe, expect, it } from "vitest"
import { toHex } from "../../src/bytes/hex.ts"
import { nodeCrypto } from "../../src/crypto/node.ts"
import { referenceCrypto } from "../../src/crypto/reference.ts"
import { parseRsaPrivateKey } from "../../src/crypto/rsa-key.ts"
import { randomBytes } from "../suites/random-bytes.ts"

const pairs = [1024, 2048].map((modulusLength) => {
  const { publicKey, privateKey } = generateKeyPairSync("rsa", { modulusLength })
  const der = new Uint8Array(privateKey.export({ type: "pkcs1", format: "der" }))
  return { modulusLength, publicKey, der }
})

describe.each(pairs)("RSA of $modulusLength bits", ({ modulusLength, publicKey, der }) => {
  const encrypt = (block: Uint8Array): Uint8Array =>
    new Uint8Array(publicEncrypt({ key: publicKey, padding: constants.RSA_NO_PADDING }, block))

  it("gives back the block, leading zeros included", () => {
    for (const seed of [1, 2, 3]) {
      const block = randomBytes(modulusLength / 8, seed)
      block.fill(0, 0, seed)
      for (const crypto of [nodeCrypto, referenceCrypto]) {
        expect(toHex(crypto.decryptRsa(der, encrypt(block))!)).toBe(toHex(block))
      }
    }
  })

  it("has nothing for what is no ciphertext of this key", () => {
    const { modulus } = parseRsaPrivateKey(der)
    for (const crypto of [nodeCrypto, referenceCrypto]) {
      expect(crypto.decryptRsa(der, modulus)).toBeUndefined()
      expect(crypto.decryptRsa(der, new Uint8Array(modulus.length).fill(0xff))).toBeUndefined()
      expect(crypto.decryptRsa(der, modulus.subarray(1))).toBeUndefined()
      expect(crypto.decryptRsa(der, new Uint8Array(0))).toBeUndefined()
    }
  })

  it("takes the numbers out of the key as Node does", () => {
    const { modulus, publicExponent } = parseRsaPrivateKey(der)
    const jwk = publicKey.export({ format: "jwk" })
    expect(Buffer.from(modulus).toString("base64url")).toBe(jwk.n)
    expect(Buffer.from(publicExponent).toString("base64url")).toBe(jwk.e)
  })

  it("refuses a key that is cut off at any place, and bytes that are none", () => {
    for (let length = 0; length < 40; length++) {
      expect(() => parseRsaPrivateKey(der.subarray(0, length))).toThrow(RangeError)
    }
    for (const seed of [1, 2, 3, 4])
      expect(() => parseRsaPrivateKey(randomBytes(300, seed))).toThrow(RangeError)
  })
})
