import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { endOf, extent } from "../../src/extents/extent.ts"
import { ExtentMap, Status } from "../../src/extents/extent-map.ts"
import { sourceMapOf } from "../../src/volume/source-map.ts"
import { type Run, type VolumePlan, planRead, storedAt } from "../../src/volume/volume-plan.ts"

const SECTOR = 512
const SECTORS = 24
const SIZE = SECTORS * SECTOR

/** The first sectors are stored behind the volume's middle, where it shows zeros. */
const plan: VolumePlan = {
  size: SIZE,
  sectorSize: SECTOR,
  method: 0x8004,
  runs: [
    { kind: "relocated", extent: extent(0, 2 * SECTOR), from: 12 * SECTOR, stored: "encrypted" },
    { kind: "encrypted", extent: extent(2 * SECTOR, 6 * SECTOR) },
    { kind: "plain", extent: extent(8 * SECTOR, 4 * SECTOR) },
    { kind: "zeroed", extent: extent(12 * SECTOR, 2 * SECTOR) },
    { kind: "encrypted", extent: extent(14 * SECTOR, 8 * SECTOR) },
    { kind: "unreadable", extent: extent(22 * SECTOR, 2 * SECTOR) },
  ],
  substitutions: [],
}

/** Byte by byte: where each byte of the output is stored. */
function naive(outputMap: ExtentMap, start: number, volumeStart: number, inputSize: number): Status[] {
  const letters: Status[] = Array.from({ length: inputSize }, () => Status.nonTried)
  for (const block of outputMap) {
    for (let at = block.start; at < endOf(block); at++) {
      const [run] = planRead(plan, extent(start + at, 1)) as [Run]
      const stored = storedAt(run)
      if (stored === undefined) continue
      const place = volumeStart + stored
      if (place >= 0 && place < inputSize) letters[place] = block.status
    }
  }
  return letters
}

describe("sourceMapOf", () => {
  it("puts each byte of the output where it is stored, and nothing elsewhere", () => {
    const blocks = fc.array(
      fc.record({
        start: fc.nat({ max: SIZE - 1 }),
        length: fc.nat({ max: SIZE }),
        status: fc.constantFrom(...Object.values(Status)),
      }),
      { maxLength: 8 },
    )
    fc.assert(
      fc.property(
        blocks,
        fc.nat({ max: SIZE - SECTOR }),
        fc.integer({ min: -SIZE, max: SIZE }),
        fc.nat({ max: 2 * SIZE }),
        (changes, start, volumeStart, inputSize) => {
          const map = new ExtentMap(SIZE - start)
          for (const { start: at, length, status } of changes) {
            if (at < map.size) map.set(extent(at, Math.min(length, map.size - at)), status)
          }
          const sourceMap = sourceMapOf(map, { plan, start, volumeStart, inputSize })
          const letters = [...sourceMap].flatMap(({ length, status }) => Array<Status>(length).fill(status))
          expect(letters).toEqual(naive(map, start, volumeStart, inputSize))
        },
      ),
      { numRuns: 50 },
    )
  })
})
