import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { parseFvek, parseVmk } from "../../src/credential/index.ts"
import { toHex } from "../../src/bytes/hex.ts"
import { EncryptionMethod } from "../../src/crypto/method.ts"
import { UsageError } from "../../src/errors.ts"
import { seededRandom } from "../forge/random.ts"

const { aes128Cbc, aes128CbcDiffuser, aes256Cbc, aes256CbcDiffuser, xtsAes128, xtsAes256 } = EncryptionMethod
const key = seededRandom(3).bytes(64)
const text = (bytes: Uint8Array): Uint8Array => Uint8Array.from(Buffer.from(toHex(bytes)))

const readings = (input: string | Uint8Array, method?: EncryptionMethod) =>
  parseFvek(input, method).readings.map(({ method, key }) => [method, toHex(key.reveal())])

/** @throws whatever is not the error that a caller expects */
function readingsOrError(input: string | Uint8Array): unknown {
  try {
    return readings(input)
  } catch (error) {
    if (error instanceof UsageError) return error.code
    throw error
  }
}

describe("parseVmk", () => {
  const vmk = key.slice(0, 32)
  it.each([
    ["hex", toHex(vmk)],
    ["hex in capitals with spaces", toHex(vmk).toUpperCase().replace(/../g, "$& ")],
    ["hex with colons", toHex(vmk).replace(/..(?=.)/g, "$&:")],
    ["0x and commas", toHex(vmk).replace(/../g, "0x$&, ")],
    ["a file of bytes", vmk],
    ["a file of hex with a newline", Uint8Array.from([...text(vmk), 0x0a])],
  ])("takes %s", (_, input) => {
    expect(toHex(parseVmk(input).key.reveal())).toBe(toHex(vmk))
  })

  it.each([
    ["", "no hex digits"],
    ["abc", "no hex digits"],
    ["00".repeat(31), "31 bytes"],
    [new Uint8Array(33), "33 bytes"],
  ])("refuses what is no key: %j", (input, seen) => {
    expect(() => parseVmk(input)).toThrow(`the VMK is ${seen}`)
  })
})

describe("parseFvek", () => {
  it.each([
    [16, [aes128Cbc]],
    [64, [aes128CbcDiffuser, aes256CbcDiffuser, xtsAes256]],
  ])("reads %i bytes as every method that has so many", (length, methods) => {
    const blob = key.slice(0, length)
    const expected = methods.map((method) => [method, toHex(blob)])
    expect(readings(blob)).toEqual(expected)
    expect(readings(toHex(blob))).toEqual(expected)
    expect(readings(text(blob))).toEqual(expected)
  })

  it("reads 32 bytes also as both keys of the diffuser, as cryptsetup dumps them", () => {
    const blob = key.slice(0, 32)
    const [first, second] = [toHex(blob.subarray(0, 16)), toHex(blob.subarray(16))]
    expect(readings(toHex(blob).replace(/../g, "$& "))).toEqual([
      [aes256Cbc, toHex(blob)],
      [xtsAes128, toHex(blob)],
      [aes128CbcDiffuser, first + "00".repeat(16) + second + "00".repeat(16)],
    ])
  })

  it("narrows to the method that was given", () => {
    expect(readings(key.slice(0, 32), xtsAes128)).toEqual([[xtsAes128, toHex(key.slice(0, 32))]])
  })

  it("takes libbde's pair, which has no unused bytes in it", () => {
    const [fvek, tweak] = [toHex(key.slice(0, 16)), toHex(key.slice(16, 32))]
    expect(readings(`${fvek}:${tweak}`)).toEqual([
      [aes128CbcDiffuser, fvek + "00".repeat(16) + tweak + "00".repeat(16)],
      [xtsAes128, fvek + tweak],
      [aes128Cbc, fvek],
    ])
    const [long, longTweak] = [toHex(key.slice(0, 32)), toHex(key.slice(32))]
    expect(readings(`${long}:${longTweak}`, xtsAes256)).toEqual([[xtsAes256, long + longTweak]])
    expect(readings(`${long}:${long}`, xtsAes128)).toEqual([[xtsAes128, long]])
    expect(readings(`${fvek}:`)).toEqual([[aes128Cbc, fvek]])
  })

  it.each([
    [aes128CbcDiffuser, 64],
    [aes128Cbc, 16],
    [xtsAes128, 32],
  ])("takes dislocker's file, which names the method: 0x%i", (method, length) => {
    const file = Uint8Array.from([method & 0xff, method >> 8, ...key])
    expect(readings(file)).toEqual([[method, toHex(key.slice(0, length))]])
  })

  it.each([
    ["", undefined],
    ["zz", undefined],
    ["00".repeat(24), undefined],
    ["00".repeat(16), xtsAes256],
    [new Uint8Array(0), undefined],
    ["aa:bb:cc", undefined],
  ])("refuses %j as %s", (input, method) => {
    expect(() => parseFvek(input, method)).toThrow(UsageError)
  })

  it("never crashes, whatever the file", () => {
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 200 }), fc.string()), (input) => {
        expect(readingsOrError(input)).not.toEqual([])
      }),
    )
    expect(() => parseFvek(new Uint8Array(1_000_000))).toThrow(UsageError)
  })
})
