/** What every positional sink promises: `sinkSuite("image", make)` in the test of each implementation. */
import { afterEach, beforeEach, describe, expect, it } from "vitest"
import { equalBytes } from "../../src/bytes/compare.ts"
import type { PositionalSink } from "../../src/sink/index.ts"
import { randomBytes } from "./random-bytes.ts"

export interface SinkUnderTest {
  readonly sink: PositionalSink
  /** Bytes that the sink holds; zero, or whatever stood there before. */
  readonly size: number
  /** All of its bytes, as somebody else would read them. */
  readonly contents: () => Promise<Uint8Array>
  readonly dispose?: () => void | Promise<void>
}

export function sinkSuite(name: string, make: () => Promise<SinkUnderTest>): void {
  describe(`${name} as a sink`, () => {
    let made: SinkUnderTest
    let before: Uint8Array

    beforeEach(async () => {
      made = await make()
      before = await made.contents()
    })
    afterEach(async () => {
      await made.sink.close()
      await made.dispose?.()
    })

    /** Writes the image in parts of `cut` bytes, forwards or backwards. */
    async function write(image: Uint8Array, cut: number, { backwards = false } = {}): Promise<Uint8Array> {
      const starts = Array.from({ length: Math.ceil(image.length / cut) }, (_, i) => i * cut)
      for (const at of backwards ? starts.toReversed() : starts) {
        await made.sink.write(at, image.subarray(at, at + cut))
      }
      await made.sink.sync()
      return made.contents()
    }

    it("holds what was written, in ascending order", async () => {
      const image = randomBytes(made.size)
      expect(equalBytes(await write(image, 65536), image)).toBe(true)
    })

    it("holds what was written, backwards and unaligned", async () => {
      const image = randomBytes(made.size)
      expect(equalBytes(await write(image, 12_345, { backwards: true }), image)).toBe(true)
    })

    it("holds zeros where zeros were written, between data and at both ends", async () => {
      const image = randomBytes(made.size, 5)
      const runs = [
        [0, 5000],
        [20_000, 30],
        [40_000, 12_288],
        [81_920, 65_536],
        [made.size - 20_001, 20_001],
      ]
      for (const [start, length] of runs) image.fill(0, start, start! + length!)
      expect(equalBytes(await write(image, 100_000), image)).toBe(true)
    })

    it("holds zeros only", async () => {
      const image = new Uint8Array(made.size)
      expect(equalBytes(await write(image, 65536), image)).toBe(true)
    })

    it("takes many writes at once", async () => {
      const image = randomBytes(made.size, 9)
      const starts = Array.from({ length: Math.ceil(image.length / 10_000) }, (_, i) => i * 10_000)
      await Promise.all(starts.map((at) => made.sink.write(at, image.subarray(at, at + 10_000))))
      expect(equalBytes(await made.contents(), image)).toBe(true)
    })

    it("leaves alone what was not written", async () => {
      await made.sink.write(8192, randomBytes(4096))
      const after = await made.contents()
      expect(equalBytes(after.subarray(0, 8192), before.subarray(0, 8192))).toBe(true)
      expect(equalBytes(after.subarray(12_288), before.subarray(12_288))).toBe(true)
    })

    it("takes an empty write and a close after a close", async () => {
      await expect(made.sink.write(0, new Uint8Array(0))).resolves.toBeUndefined()
      await made.sink.close()
      await expect(made.sink.close()).resolves.toBeUndefined()
    })
  })
}
