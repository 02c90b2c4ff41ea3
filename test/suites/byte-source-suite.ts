/** What every byte source promises: `byteSourceSuite("file", make)` in the test of each implementation. */
import { isDeepStrictEqual } from "node:util"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { equalBytes } from "../../src/bytes/compare.ts"
import { type Extent, extent, intersect, overlaps, subtractExtents } from "../../src/extents/extent.ts"
import { type ByteSource, heldExtents } from "../../src/source/index.ts"
import { randomBytes } from "./random-bytes.ts"

export interface SourceUnderTest {
  readonly source: ByteSource
  /** All of its bytes; unreadable ones are compared with zero. */
  readonly bytes: Uint8Array
  /** Whole sectors, merged. */
  readonly unreadable?: readonly Extent[]
  /** Removes what the source stood on. */
  readonly dispose?: () => void | Promise<void>
}

export function byteSourceSuite(name: string, make: () => Promise<SourceUnderTest>): void {
  describe(`${name} as a byte source`, () => {
    let made: SourceUnderTest
    let source: ByteSource
    let expected: Uint8Array
    let unreadable: readonly Extent[]

    beforeAll(async () => {
      made = await make()
      source = made.source
      unreadable = made.unreadable ?? []
      expected = made.bytes.slice()
      for (const { start, length } of unreadable) expected.fill(0, start, start + length)
    })
    afterAll(async () => {
      await source.close()
      await made.dispose?.()
    })

    /** What is wrong with one read, in words. */
    async function fault(at: number, length: number): Promise<string | undefined> {
      const into = new Uint8Array(length).fill(0xa5)
      const missing = await source.read(at, into)
      const hit = unreadable.map((e) => intersect(e, extent(at, length))).filter((e) => e.length > 0)
      if (!isDeepStrictEqual(missing, hit))
        return `${at} + ${length}: unreadable are ${JSON.stringify(missing)}`
      if (equalBytes(into, expected.subarray(at, at + length))) return undefined
      return `${at} + ${length}: other bytes`
    }

    it("has the size of its bytes, in whole units of a known sector size", () => {
      expect(source.size).toBe(expected.length)
      expect([512, 1024, 2048, 4096]).toContain(source.sectorSize)
    })

    it("holds, by its own account, whatever it can read", () => {
      const whole = extent(0, source.size)
      const withheld = subtractExtents(whole, heldExtents(source))
      const readable = subtractExtents(whole, unreadable)
      expect(withheld.filter((e) => readable.some((other) => overlaps(e, other)))).toEqual([])
    })

    it("reads everything at once, the first byte, the last one and none", async () => {
      expect(await fault(0, source.size)).toBeUndefined()
      expect(await fault(0, 1)).toBeUndefined()
      expect(await fault(source.size - 1, 1)).toBeUndefined()
      expect(await fault(source.size, 0)).toBeUndefined()
      expect(await fault(0, 0)).toBeUndefined()
    })

    it("gives the same bytes however reads are split", async () => {
      const dice = new DataView(randomBytes(8 * 100, 7).buffer)
      for (let i = 0; i < 100; i++) {
        const at = dice.getUint32(8 * i) % source.size
        const length = dice.getUint32(8 * i + 4) % Math.min(70_000, source.size - at + 1)
        expect(await fault(at, length)).toBeUndefined()
      }
    })

    it("gives the same bytes to many readers at once", async () => {
      const step = Math.ceil(source.size / 24)
      const starts = Array.from({ length: 24 }, (_, i) => i * step).filter((at) => at < source.size)
      const faults = await Promise.all(starts.map((at) => fault(at, Math.min(2 * step, source.size - at))))
      expect(faults.filter(Boolean)).toEqual([])
    })

    it("reads into a part of a larger memory and leaves the rest alone", async () => {
      const whole = new Uint8Array(4096).fill(0xa5)
      await source.read(0, whole.subarray(1024, 2048))
      expect(Buffer.compare(whole.subarray(1024, 2048), expected.subarray(0, 1024))).toBe(0)
      expect(whole.subarray(0, 1024).every((byte) => byte === 0xa5)).toBe(true)
      expect(whole.subarray(2048).every((byte) => byte === 0xa5)).toBe(true)
    })

    it("takes a read outside of it for a mistake of the program", async () => {
      await expect(source.read(source.size, new Uint8Array(1))).rejects.toThrow(RangeError)
      await expect(source.read(source.size - 1, new Uint8Array(2))).rejects.toThrow(RangeError)
      await expect(source.read(-1, new Uint8Array(1))).rejects.toThrow(RangeError)
      await expect(source.read(0.5, new Uint8Array(1))).rejects.toThrow(RangeError)
    })

    it("stops with the reason of a signal", async () => {
      const reason = new Error("enough")
      await expect(source.read(0, new Uint8Array(512), AbortSignal.abort(reason))).rejects.toBe(reason)
    })
  })
}
