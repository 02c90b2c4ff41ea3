/** The test of randomness: never wrong about random bytes, and seldom blind to structure. */
import { randomFillSync } from "node:crypto"
import { describe, expect, it } from "vitest"
import { showsStructure } from "../../src/bytes/structure.ts"

const random = (length: number): Uint8Array => randomFillSync(new Uint8Array(length))

describe("showsStructure", () => {
  it.each([512, 1024, 4096])("never takes %i random bytes for structured", (length) => {
    for (let round = 0; round < 4000; round++) expect(showsStructure(random(length))).toBe(false)
  })

  it("sees zeros, text, tables, and a short run of one value in noise", () => {
    const text = new TextEncoder()
      .encode("an ordinary letter, of ordinary words. ".repeat(14))
      .subarray(0, 512)
    const table = new Uint8Array(Uint32Array.from({ length: 128 }, (_, i) => 0x10000 + i).buffer)
    const withRun = random(512)
    withRun.fill(0, 100, 140)
    for (const sample of [new Uint8Array(512), text, table, withRun])
      expect(showsStructure(sample)).toBe(true)
  })

  it("does not care where in memory the bytes lie", () => {
    for (const shift of [0, 1, 2, 3]) {
      const memory = random(1024)
      expect(showsStructure(memory.subarray(shift, shift + 512))).toBe(false)
      memory.fill(7, shift, shift + 60)
      expect(showsStructure(memory.subarray(shift, shift + 512))).toBe(true)
      expect(showsStructure(memory.subarray(shift, shift + 513))).toBe(true)
    }
  })

  it("does not judge less than a sector", () => {
    expect(showsStructure(new Uint8Array(511))).toBe(false)
  })
})
