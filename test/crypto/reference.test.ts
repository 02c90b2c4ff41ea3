import { describe, expect, it } from "vitest"
import { toHex } from "../../src/bytes/hex.ts"
import { decryptBlock, encryptBlock, expandKey } from "../../src/crypto/reference-aes.ts"
import { referenceCrypto } from "../../src/crypto/reference.ts"
import { cipherSuite, hex } from "../suites/cipher-suite.ts"

cipherSuite("the reference", referenceCrypto)

describe("AES of the reference", () => {
  const plaintext = "00112233445566778899aabbccddeeff"

  it.each([
    ["128", "000102030405060708090a0b0c0d0e0f", "69c4e0d86a7b0430d8cdb78070b4c55a"],
    [
      "256",
      "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
      "8ea2b7ca516745bfeafc49904b496089",
    ],
  ])("gives the examples of FIPS 197, appendix C, for %s bits", (_, key, ciphertext) => {
    const aes = expandKey(hex(key))
    expect(toHex(encryptBlock(aes, hex(plaintext)))).toBe(ciphertext)
    expect(toHex(decryptBlock(aes, hex(ciphertext)))).toBe(plaintext)
  })

  it("refuses keys that AES-CCM and FVEKs never have", () => {
    expect(() => expandKey(new Uint8Array(24))).toThrow(RangeError)
  })
})
