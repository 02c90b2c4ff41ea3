/** The benchmark judges others: what it judges by is tested here. Its runs are compared with the plaintext by itself. */
import { describe, expect, it } from "vitest"
import { sum, median } from "../bench/measure.ts"
import { parseOptions } from "../bench/options.ts"
import { findTargets } from "../bench/targets.ts"
import type { Cost } from "../bench/measure.ts"
import type { Report, Timing } from "../bench/report.ts"

const cost = (wallMs: number, cpuMs = wallMs, peakBytes = 1e6): Cost => ({ wallMs, cpuMs, peakBytes })

describe("costs", () => {
  it("are medians of each figure, and the highest peak", () => {
    expect(median([cost(3, 1), cost(1, 9), cost(2, 5)])).toEqual(cost(2, 5))
    expect(median([cost(1, 1, 1), cost(2, 2, 7)])).toEqual(cost(1.5, 1.5, 7))
  })

  it("of steps add up, but for the peak", () => {
    expect(sum(cost(1, 2, 3), cost(10, 20, 30))).toEqual(cost(11, 22, 30))
  })
})

describe("targets", () => {
  const timing = (contestant: string, whole: number, tiny: number): Timing => ({
    contestant,
    verdict: "right",
    whole: cost(whole),
    synced: cost(whole),
    tiny: cost(tiny),
  })
  const timings = [
    timing("repair-bde", 1000, 600),
    timing("repair-bde --fvek", 500, 100),
    timing("dislocker-file", 2900, 400),
    { contestant: "bdemount + copy", verdict: "cannot" } as const,
    timing("dd bs=1M", 250, 20),
  ]
  const report = (size: number): Report => ({
    machine: { node: "", processor: "", cores: 2 },
    size,
    runs: 1,
    decryption: [{ method: "xts-128", timings }],
    short: [],
    locate: { size: 8 * size, scan: cost(1500), cat: cost(1000), share: 0.66 },
    clinic: { candidateCount: 60, cost: cost(15_000) },
  })

  it("take start and unlock off on both sides, or count all of ours with the key in hand", () => {
    const found = findTargets(report(1024 ** 3)).map(({ measured, isReached }) => [measured, isReached])
    expect(found).toEqual([
      ["6.3 times", true],
      ["1.60 times", true],
      ["5.0 times", true],
      ["2.00 times", false],
      ["1.00", true],
      ["1.00", true],
      ["0.66", false],
      ["4.0", false],
    ])
  })

  it("of decryption are not judged on small volumes", () => {
    expect(findTargets(report(1024 ** 2)).map(({ what }) => what)).toEqual([
      "keys clinic: candidates a second",
    ])
  })
})

describe("options", () => {
  it("are one GiB and five runs of every method unless told", () => {
    expect(parseOptions([])).toMatchObject({ size: 1024 ** 3, runs: 5, methods: { length: 6 } })
    expect(parseOptions(["--size", "64M", "--runs", "1", "--methods", "xts-128"])).toMatchObject({
      size: 64 * 1024 ** 2,
      runs: 1,
      methods: ["xts-128"],
    })
  })

  it.each([
    ["--size", "1"],
    ["--runs", "0"],
    ["--methods", "rot13"],
    ["--sise", "1G"],
  ])("%s %s is refused", (...args) => {
    expect(() => parseOptions(args)).toThrow(args[0])
  })
})
