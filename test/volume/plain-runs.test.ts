/** Extents by the million: joined as they come, and the shortest given up when there are too many. */
import { describe, expect, it } from "vitest"
import { extent } from "../../src/extents/extent.ts"
import { createPlainRuns } from "../../src/volume/plain-runs.ts"

describe("createPlainRuns", () => {
  it("joins what touches and lets a longer one swallow earlier ones", () => {
    const runs = createPlainRuns()
    runs.add(0, 512)
    runs.add(512, 1024)
    runs.add(2048, 2560)
    runs.add(4096, 4608)
    runs.add(2000, 8192)
    runs.add(9000, 9000)
    expect(runs.extents()).toEqual([extent(0, 1024), extent(2000, 6192)])
    expect(runs.droppedBytes).toBe(0)
  })

  it("keeps the longest ones when there are too many, and counts what it drops", () => {
    const runs = createPlainRuns(100)
    for (let i = 0; i < 400; i++) runs.add(i * 0x10000, i * 0x10000 + (i % 8 === 0 ? 0x4000 : 512))
    const kept = runs.extents()
    expect(kept.length).toBeLessThanOrEqual(101)
    expect(kept.filter(({ length }) => length === 0x4000)).toHaveLength(50)
    expect(runs.droppedBytes).toBe(
      (400 - 50) * 512 - kept.filter(({ length }) => length === 512).length * 512,
    )
  })
})
