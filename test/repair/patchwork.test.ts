/** Copies that differ, cut into pieces and put together again. */
import { describe, expect, it } from "vitest"
import { crc32 } from "../../src/bytes/crc32.ts"
import { extent } from "../../src/extents/extent.ts"
import { combinations, findByCrc, findByOracle, partsOf, sew } from "../../src/repair/combinations.ts"
import { patchTogether, patchworks } from "../../src/repair/patchwork.ts"
import { randomBytes } from "../suites/random-bytes.ts"

const LENGTH = 1500
const truth = randomBytes(LENGTH, 42)

/** Copies of the truth with noise in some places. */
function copies(...wounds: readonly (readonly [start: number, end: number])[][]) {
  return wounds.map((list, i) => {
    const bytes = truth.slice()
    for (const [start, end] of list) bytes.set(randomBytes(end - start, 100 * i + start + 1), start)
    return { name: `copy ${i + 1}`, bytes, unreadable: [] }
  })
}

const isTrue = (bytes: Uint8Array): boolean => Buffer.compare(bytes, truth) === 0

describe("patchTogether", () => {
  it("has one piece for each damage, however the bytes happen to agree", () => {
    const patchwork = patchTogether(copies([[100, 160]], [[300, 301]], [[700, 1400]]), LENGTH)!
    expect(patchwork.pieces.map(({ start }) => start)).toEqual([100, 300, 700])
    expect(patchwork.pieces.map(({ variants }) => variants.map(({ from }) => from))).toEqual([
      [["copy 1"], ["copy 2", "copy 3"]],
      [["copy 1", "copy 3"], ["copy 2"]],
      [["copy 1", "copy 2"], ["copy 3"]],
    ])
  })

  it("parts damages that touch or overlap", () => {
    for (const [at, end] of [
      [160, 220],
      [140, 220],
    ] as const) {
      const patchwork = patchTogether(copies([[100, 160]], [[at, end]], []), LENGTH)!
      const choice = findByCrc(patchwork, new Set([crc32(truth)]))!
      expect(isTrue(sew(patchwork, choice))).toBe(true)
    }
  })

  it("has nothing to choose where all agree, and no choice of what cannot be read", () => {
    expect(patchTogether(copies([], [], []), LENGTH)!.pieces).toEqual([])
    const [one, two] = copies([], [])
    one!.bytes.fill(0, 512, 1024)
    const patchwork = patchTogether([{ ...one!, unreadable: [extent(512, 512)] }, two!], LENGTH)!
    expect(patchwork.pieces).toEqual([])
    expect(isTrue(patchwork.base)).toBe(true)
  })

  it("goes by sectors too, where noise in one copy lies beside noise in another", () => {
    const damaged = copies(
      [[512, 1024]],
      [
        [0, 512],
        [1024, LENGTH],
      ],
      [[0, LENGTH]],
    )
    const choices = patchworks(damaged, LENGTH).map((one) => ({
      one,
      choice: findByCrc(one, new Set([crc32(truth)])),
    }))
    expect(choices.map(({ choice }) => choice !== undefined)).toEqual([false, true])
    const { one, choice } = choices[1]!
    expect(isTrue(sew(one, choice!))).toBe(true)
  })

  it("goes by sectors where the pieces are too many, and gives up where the sectors are", () => {
    const many = Array.from({ length: 18 }, (_, i) => [80 * i, 80 * i + 20] as const)
    const patchwork = patchTogether(copies(many, []), LENGTH)!
    expect(patchwork.pieces.map(({ start }) => start)).toEqual([0, 512, 1024])
    expect(patchTogether(copies(many, []), LENGTH, 7)).toBeUndefined()
  })

  it("leaves out a copy that is too short", () => {
    const [short, whole] = copies([[0, 40]], [])
    const patchwork = patchTogether([{ ...short!, bytes: short!.bytes.subarray(0, 100) }, whole!], LENGTH)!
    expect(isTrue(patchwork.base)).toBe(true)
    expect(patchTogether([], LENGTH)).toBeUndefined()
  })
})

describe("the oracles", () => {
  const damaged = copies(
    [
      [0, 60],
      [900, 960],
    ],
    [
      [200, 260],
      [900, 970],
    ],
    [
      [400, 460],
      [1200, 1210],
    ],
  )

  it("find the one right combination, though the majority is wrong", () => {
    const patchwork = patchTogether(damaged, LENGTH)!
    const byCrc = findByCrc(patchwork, new Set([12345, crc32(truth)]))!
    expect(isTrue(sew(patchwork, byCrc))).toBe(true)
    expect(findByOracle(patchwork, isTrue)).toEqual(byCrc)
    expect(partsOf(patchwork, byCrc)[0]).toEqual({ extent: extent(0, 60), from: ["copy 2", "copy 3"] })
  })

  it("find nothing where nothing is right", () => {
    const patchwork = patchTogether(copies([[0, 60]], [[30, 90]]), LENGTH)!
    expect(findByCrc(patchwork, new Set([crc32(truth)]))).toBeUndefined()
    expect(findByOracle(patchwork, isTrue)).toBeUndefined()
  })

  it("weigh as the CRC-32 does", () => {
    const patchwork = patchTogether(damaged, LENGTH)!
    const all = [...combinations(patchwork)]
    expect(all).toHaveLength(patchwork.pieces.reduce((product, { variants }) => product * variants.length, 1))
    for (const bytes of all) {
      expect(Buffer.compare(sew(patchwork, findByCrc(patchwork, new Set([crc32(bytes)]))!), bytes)).toBe(0)
    }
  })
})
