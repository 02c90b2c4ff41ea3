import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { isAllZero } from "../../src/bytes/compare.ts"
import { extent, subtractExtents } from "../../src/extents/extent.ts"
import { dataExtents } from "../../src/sink/zero-runs.ts"
import { randomBytes } from "../suites/random-bytes.ts"

const data = randomBytes(262_144)

function withZeros(...runs: readonly (readonly [number, number])[]): Uint8Array {
  const bytes = data.slice()
  for (const [start, length] of runs) bytes.fill(0, start, start + length)
  return bytes
}

describe("dataExtents", () => {
  it("is everything where there are no zeros, and nothing where there is nothing else", () => {
    expect(dataExtents(0, data)).toEqual([extent(0, data.length)])
    expect(dataExtents(0, new Uint8Array(100_000))).toEqual([])
    expect(dataExtents(0, new Uint8Array(0))).toEqual([])
  })

  it("skips a long run of zeros, in whole blocks of the file", () => {
    expect(dataExtents(0, withZeros([10_000, 50_000]))).toEqual([extent(0, 12_288), extent(57_344, 204_800)])
  })

  it("counts blocks from the start of the file, not of the write", () => {
    const [first] = dataExtents(1000, withZeros([10_000, 50_000]))
    expect(first).toEqual(extent(0, 11_288))
  })

  it("writes a short run of zeros inside of data", () => {
    expect(dataExtents(0, withZeros([8192, 12_288]))).toEqual([extent(0, data.length)])
    expect(dataExtents(0, withZeros([8192, 16_384]))).toHaveLength(2)
  })

  it("never leaves out a byte that is not zero", () => {
    const run = fc.tuple(fc.nat(262_143), fc.nat(60_000))
    fc.assert(
      fc.property(fc.array(run, { maxLength: 12 }), fc.nat(10_000), (runs, at) => {
        const bytes = withZeros(...runs)
        const left = subtractExtents(extent(0, bytes.length), dataExtents(at, bytes))
        const skipped = left.map(({ start, length }) => bytes.subarray(start, start + length))
        expect(skipped.every(isAllZero)).toBe(true)
      }),
      { numRuns: 30 },
    )
  })
})
