import { describe, expect, it } from "vitest"
import { entropyOf, looksRandom } from "../../src/bytes/entropy.ts"
import { randomBytes } from "../suites/random-bytes.ts"

describe("entropyOf", () => {
  it("is 0 for one value and for nothing, 1 for two values alike, 8 for all values alike", () => {
    expect(entropyOf(new Uint8Array(0))).toBe(0)
    expect(entropyOf(new Uint8Array(512))).toBe(0)
    expect(entropyOf(Uint8Array.of(7, 9, 7, 9))).toBe(1)
    expect(entropyOf(Uint8Array.from({ length: 256 }, (_, i) => i))).toBe(8)
  })

  it("does not care how the bytes are cut", () => {
    const bytes = randomBytes(1000)
    expect(entropyOf(bytes.subarray(0, 1), bytes.subarray(1, 600), bytes.subarray(600))).toBe(
      entropyOf(bytes),
    )
  })
})

describe("looksRandom", () => {
  it.each([512, 1024, 4096, 65536, 1 << 20])("knows %i random bytes, whatever the seed", (length) => {
    const runs = length > 65536 ? 5 : 500
    for (let seed = 1; seed <= runs; seed++) expect(looksRandom(randomBytes(length, seed))).toBe(true)
  })

  it("is not taken in by text, by repetition or by half a sample of zeros", () => {
    const half = new Uint8Array(4096)
    half.set(randomBytes(2048))
    const text = new TextEncoder().encode("It is a truth universally acknowledged, ".repeat(110))
    expect(looksRandom(text)).toBe(false)
    expect(looksRandom(half)).toBe(false)
    expect(looksRandom(new Uint8Array(4096).map((_, i) => i & 0x7f))).toBe(false)
  })

  it("does not judge fewer bytes than tell anything", () => {
    expect(looksRandom(randomBytes(511))).toBe(false)
  })
})
