import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { type Extent, contains, endOf, extent } from "../../src/extents/extent.ts"
import { rangesOf, totalsOf } from "../../src/report/index.ts"
import { cellsOf } from "../../src/report/map-drawing.ts"
import type { PlannedRun } from "../../src/report/ranges.ts"

const KINDS = ["plain", "encrypted", "zeroed", "unreadable"] as const

/** Runs that tile a volume of at most 400 bytes, a part of it, and losses in that part. */
const scenes = fc
  .record({
    lengths: fc.array(fc.tuple(fc.constantFrom(...KINDS), fc.integer({ min: 1, max: 40 })), {
      minLength: 1,
      maxLength: 10,
    }),
    from: fc.nat(100),
    to: fc.nat(100),
    losses: fc.array(fc.tuple(fc.nat(100), fc.integer({ min: 1, max: 20 })), { maxLength: 8 }),
  })
  .map(({ lengths, from, to, losses }) => {
    let at = 0
    const runs: PlannedRun[] = lengths.map(([kind, length]) => {
      const run = { kind, start: at, length }
      at += length
      return run
    })
    const start = Math.floor((from * at) / 101)
    const output = extent(start, 1 + Math.floor((to * (at - start - 1)) / 101))
    const unreadable = losses
      .map(([where, length]) => extent(Math.floor((where * output.length) / 101), length))
      .map((e) => extent(e.start, Math.min(e.length, output.length - e.start)))
    return { runs, output, unreadable }
  })

/** The slow way: byte by byte. */
function stateAt(
  runs: readonly PlannedRun[],
  output: Extent,
  unreadable: readonly Extent[],
  at: number,
): string {
  if (unreadable.some((e) => contains(e, at))) return "lost"
  const { kind } = runs.find((run) => contains(run, output.start + at))!
  return { plain: "plain", encrypted: "decrypted", zeroed: "structure", unreadable: "lost", relocated: "" }[
    kind
  ]
}

describe("the ranges of an output", () => {
  it("tile it, and say of each byte what a look at plan and losses says", () => {
    fc.assert(
      fc.property(scenes, ({ runs, output, unreadable }) => {
        const ranges = rangesOf(runs, output, unreadable)
        expect(ranges[0]!.start).toBe(0)
        for (const [i, range] of ranges.entries()) {
          expect(endOf(range)).toBe(ranges[i + 1]?.start ?? output.length)
          expect(range.state).not.toBe(ranges[i + 1]?.state)
          for (let at = range.start; at < endOf(range); at++) {
            expect(stateAt(runs, output, unreadable, at)).toBe(range.state)
          }
        }
        const totals = totalsOf(ranges)
        expect(totals.decrypted + totals.plain + totals.structure + totals.lost).toBe(output.length)
      }),
    )
  })

  it("count the head by how it is stored", () => {
    const runs = [
      { kind: "relocated", stored: "encrypted", start: 0, length: 8 },
      { kind: "relocated", stored: "plain", start: 8, length: 8 },
    ] as const
    expect(rangesOf(runs, extent(0, 16), []).map(({ state }) => state)).toEqual(["decrypted", "plain"])
  })
})

describe("the drawing", () => {
  it("shows one lost sector of a TiB, in its place", () => {
    const size = 2 ** 40
    const lost = extent(0x8000_0000 + 512, 512)
    const cells = cellsOf(
      rangesOf([{ kind: "encrypted", start: 0, length: size }], extent(0, size), [lost]),
      768,
    )
    expect(cells).toHaveLength(768)
    expect(cells.flatMap((state, i) => (state === "lost" ? [i] : []))).toEqual([
      Math.floor((lost.start * 768) / size),
    ])
  })

  it("has a cell for each byte where there are fewer bytes than cells", () => {
    expect(cellsOf([{ state: "plain", start: 0, length: 3 }], 768)).toEqual(["plain", "plain", "plain"])
  })
})
