import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { endOf, extent } from "../../src/extents/extent.ts"
import { type Block, ExtentMap, Status } from "../../src/extents/extent-map.ts"

const SIZE = 60
const statuses = fc.constantFrom(...Object.values(Status))
const changes = fc.array(
  fc.record({ start: fc.nat({ max: SIZE - 1 }), length: fc.nat({ max: SIZE }), status: statuses }),
  { maxLength: 40 },
)

/** One letter a byte. */
class NaiveMap {
  readonly letters: Status[] = Array.from({ length: SIZE }, () => Status.nonTried)

  set(start: number, length: number, status: Status): void {
    this.letters.fill(status, start, start + length)
  }

  blocks(): Block[] {
    const runs = this.letters.join("").match(/(.)\1*/g) ?? []
    let at = 0
    return runs.map((run) => {
      at += run.length
      return { start: at - run.length, length: run.length, status: run[0] as Status }
    })
  }
}

describe("ExtentMap", () => {
  it("equals a naive map of letters after any changes", () => {
    fc.assert(
      fc.property(changes, (changes) => {
        const map = new ExtentMap(SIZE)
        const naive = new NaiveMap()
        for (const { start, length, status } of changes) {
          const inside = Math.min(length, SIZE - start)
          map.set(extent(start, inside), status)
          naive.set(start, inside, status)
        }
        expect([...map]).toEqual(naive.blocks())
        for (const status of Object.values(Status)) {
          expect(map.total(status)).toBe(naive.letters.filter((letter) => letter === status).length)
          expect(map.extentsOf(status)).toEqual(
            naive
              .blocks()
              .filter((block) => block.status === status)
              .map(({ start, length }) => ({ start, length })),
          )
        }
        for (let at = 0; at < SIZE; at++) {
          const block = map.blockAt(at)
          expect(block.status).toBe(naive.letters[at])
          expect(block.start <= at && at < endOf(block)).toBe(true)
        }
      }),
    )
  })

  it("leaves its clone alone, and its clone it", () => {
    const map = new ExtentMap(SIZE)
    const clone = map.clone()
    map.set(extent(0, 10), Status.bad)
    clone.set(extent(20, 10), Status.finished)
    expect([...map]).toEqual([
      { start: 0, length: 10, status: "-" },
      { start: 10, length: 50, status: "?" },
    ])
    expect([clone.total(Status.bad), clone.total(Status.finished)]).toEqual([0, 10])
  })

  it("begins untried, and an empty one has no block", () => {
    expect([...new ExtentMap(5)]).toEqual([{ start: 0, length: 5, status: "?" }])
    expect([...new ExtentMap(0)]).toEqual([])
  })

  it("refuses what lies outside", () => {
    const map = new ExtentMap(SIZE)
    expect(() => map.set(extent(SIZE - 1, 2), Status.bad)).toThrow("0x3b..0x3c is not in a map of 60 bytes")
    expect(() => map.set(extent(-1, 1), Status.bad)).toThrow(RangeError)
    expect(() => map.blockAt(SIZE)).toThrow(RangeError)
  })

  it("stays quick with ten thousand bad sectors", () => {
    const map = new ExtentMap(20_000)
    const started = performance.now()
    for (let i = 0; i < 10_000; i++) map.set(extent(((i * 7_919) % 10_000) * 2, 1), Status.bad)
    expect(performance.now() - started).toBeLessThan(2000)
    expect(map.extentsOf(Status.bad)).toHaveLength(10_000)
  })
})
