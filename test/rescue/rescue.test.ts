/** The strategy over media that fail, simulated: what is rescued, by how many reads, in which order. */
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { type Extent, endOf, extent, mergeExtents, totalLength } from "../../src/extents/extent.ts"
import { ExtentMap, Status } from "../../src/extents/extent-map.ts"
import { withdrawFailures } from "../../src/rescue/suspicion.ts"
import { type SimulatedRead, simulateRescue } from "../suites/simulated-medium.ts"
import { randomBytes } from "../suites/random-bytes.ts"

const MIB = 1 << 20
const SECTOR = 512

/** Seeded and scattered; each up to `mostSectors` long. */
function badAreas(size: number, count: number, mostSectors = 1, seed = 1): Extent[] {
  const dice = new Uint32Array(randomBytes(count * 8, seed).buffer)
  return mergeExtents(
    Array.from({ length: count }, (_, i) => {
      const length = SECTOR * (1 + (dice[2 * i + 1]! % mostSectors))
      return extent(SECTOR * Math.floor((dice[2 * i]! / 2 ** 32) * ((size - length) / SECTOR)), length)
    }),
  )
}

const sectorsOf = (bad: readonly Extent[]): number[] =>
  bad.flatMap((e) => Array.from({ length: e.length / SECTOR }, (_, i) => e.start + i * SECTOR))

/** The bad sectors of each read that failed, in order. */
function* sectorsMet(sectors: readonly number[], reads: readonly SimulatedRead[]): Generator<number> {
  for (const read of reads.filter(({ isGood }) => !isGood)) {
    for (let i = firstFrom(sectors, read.start); sectors[i]! < endOf(read); i++) yield sectors[i]!
  }
}

function firstFrom(sorted: readonly number[], position: number): number {
  let [low, high] = [0, sorted.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if (sorted[middle]! < position) low = middle + 1
    else high = middle
  }
  return low
}

/** Good bytes that came before the first read of a sector that had failed before. */
function goodBeforeSecondMeeting(sectors: readonly number[], reads: readonly SimulatedRead[]): number {
  let good = 0
  const met = new Set<number>()
  for (const read of reads) {
    if (read.isGood) good += read.length
    for (const sector of sectorsMet(sectors, [read])) {
      if (met.has(sector)) return good
      met.add(sector)
    }
  }
  return good
}

describe("a medium with bad sectors", () => {
  it("gives exactly its good bytes, whatever is bad, in either direction, with all the rest marked bad", () => {
    const sectors = 4096
    const area = fc.tuple(fc.nat({ max: sectors - 1 }), fc.integer({ min: 1, max: 300 }))
    fc.assert(
      fc.property(
        fc.array(area, { maxLength: 30 }),
        fc.boolean(),
        fc.nat({ max: 3 }),
        (areas, isReversed, retries) => {
          const size = sectors * SECTOR
          const bad = mergeExtents(
            areas.map(([at, n]) => extent(at * SECTOR, Math.min(n, sectors - at) * SECTOR)),
          )
          const { map, reads } = simulateRescue({ size, bad }, { isReversed, retries })
          expect(map.extentsOf(Status.bad)).toEqual(bad)
          expect(map.total(Status.finished)).toBe(size - totalLength(bad))
          const goodReads = reads.filter(({ isGood, pass }) => isGood && pass !== "probe")
          // No good byte is read twice.
          expect(goodReads.reduce((sum, { length }) => sum + length, 0)).toBe(size - totalLength(bad))
        },
      ),
      { numRuns: 200 },
    )
  })

  it("gives what is left to a run that goes on from any map", () => {
    const size = 2 * MIB
    const statuses = fc.array(fc.constantFrom(...Object.values(Status)), { minLength: 64, maxLength: 64 })
    fc.assert(
      fc.property(statuses, fc.nat(), (statuses, seed) => {
        const bad = badAreas(size, 20, 40, seed)
        const map = new ExtentMap(size)
        statuses.forEach((status, i) => map.set(extent((i * size) / 64, size / 64), status))
        const before = new Map(
          [Status.finished, Status.bad].map((status) => [status, map.extentsOf(status)] as const),
        )
        simulateRescue({ size, bad }, {}, map)
        const asked = new ExtentMap(size)
        for (const e of [...before.values()].flat()) asked.set(e, Status.finished)
        // What was decided stays so; of the rest, bad is what is bad.
        for (const e of asked.extentsOf(Status.nonTried)) {
          for (const block of map.blocksFrom(e.start)) {
            if (block.start >= endOf(e)) break
            expect([Status.finished, Status.bad]).toContain(block.status)
          }
        }
      }),
    )
  })

  it.each([
    { count: 1, size: 1024 * MIB, least: 0.99 },
    { count: 100, size: 1024 * MIB, least: 0.99 },
    { count: 5000, size: 1024 * MIB, least: 0.98 },
    { count: 1000, size: 16_384 * MIB, least: 0.99 },
  ])(
    "is read to $least of its good bytes before any bad sector is met twice: $count areas in $size bytes",
    ({ count, size, least }) => {
      const bad = badAreas(size, count)
      const { reads, map } = simulateRescue({ size, bad })
      const good = size - totalLength(bad)
      expect(map.total(Status.finished)).toBe(good)
      const sectors = sectorsOf(bad)
      const meetings = new Map<number, number>()
      for (const sector of sectorsMet(sectors, reads)) meetings.set(sector, (meetings.get(sector) ?? 0) + 1)
      // Once in the copy, once when it is found: but for those of the first read, which was a large one.
      expect([...meetings.values()].filter((n) => n > 2).length).toBeLessThan(10)
      expect(goodBeforeSecondMeeting(sectors, reads) / good).toBeGreaterThan(least)
    },
  )

  it("is passed over where a large area is bad, and read up to it from both sides before inside of it", () => {
    const size = 512 * MIB
    const bad = [extent(100 * MIB, 20 * MIB)]
    const { reads } = simulateRescue({ size, bad })
    const copies = reads.filter(({ pass }) => pass === "copy")
    const lastGood = copies.findLastIndex(({ isGood }) => isGood)
    const failedBefore = copies.slice(0, lastGood).filter(({ isGood }) => !isGood).length
    expect(failedBefore).toBeLessThan(40)
  })

  it("is asked again as often as retries say, and a sector that gets well is taken", () => {
    const size = 4 * MIB
    const map = new ExtentMap(size)
    const bad = [extent(MIB, SECTOR), extent(2 * MIB, SECTOR)]
    simulateRescue({ size, bad }, {}, map)
    const second = simulateRescue({ size, bad: [bad[0]!] }, { retries: 3 }, map)
    expect(map.extentsOf(Status.bad)).toEqual([bad[0]])
    expect(second.reads.map(({ start, pass }) => [pass, start])).toEqual([
      ["retry", bad[0]!.start],
      ["retry", bad[1]!.start],
      ["retry", bad[0]!.start],
      ["retry", bad[0]!.start],
    ])
  })
})

describe("a medium that dies", () => {
  const size = 256 * MIB

  it("is found out, and nothing is called bad for it", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 6_000 }), fc.integer({ min: 0, max: 40 }), (deadAfter, count) => {
        const bad = badAreas(size, count, 20)
        const { map, state, reads } = simulateRescue({ size, bad, isDead: (n) => n >= deadAfter })
        if (!state.suspicion.isDead) return
        withdrawFailures(state, map)
        // A few reads of the dead drive, not thousands.
        expect(reads.length - deadAfter).toBeLessThan(200)
        for (const e of map.extentsOf(Status.bad)) expect(totalInside(bad, e)).toBe(e.length)
        const { map: after } = simulateRescue({ size, bad }, {}, map)
        expect(after.extentsOf(Status.bad)).toEqual(bad)
      }),
      { numRuns: 100 },
    )
  })

  it("from its first read on is asked at a handful of places, and nothing is said of it", () => {
    const { map, state, reads } = simulateRescue({ size, bad: [], isDead: () => true })
    expect(state.suspicion.isDead).toBe(true)
    expect(reads.length).toBeLessThan(20)
    withdrawFailures(state, map)
    expect(map.total(Status.nonTried)).toBe(size)
  })

  it("is not taken for dead for one large bad area", () => {
    const bad = [extent(100 * MIB, 8 * MIB)]
    const { map, state } = simulateRescue({ size, bad })
    expect(state.suspicion.isDead).toBe(false)
    expect(map.extentsOf(Status.bad)).toEqual(bad)
  })
})

function totalInside(extents: readonly Extent[], whole: Extent): number {
  return extents.reduce(
    (sum, e) => sum + Math.max(0, Math.min(endOf(e), endOf(whole)) - Math.max(e.start, whole.start)),
    0,
  )
}
