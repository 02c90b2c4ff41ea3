/** The start of a volume from any remains of its copies, in thousands of made-up geometries: nothing but traces goes in. */
import { describe, expect, it } from "vitest"
import { extent } from "../../src/extents/extent.ts"
import type { BlockTrace, DatumTrace, Trace } from "../../src/fve/index.ts"
import { type VolumePlace, deriveVolumes, startOf } from "../../src/locate/index.ts"
import { randomBytes } from "../suites/random-bytes.ts"

const MIB = 1 << 20
const GIB = 1 << 30

interface Geometry {
  readonly size: number
  readonly offsets: readonly number[]
  readonly start: number
  readonly sourceSize: number
}

/** @param dice a number from 0 up to, not including, its argument */
function geometryOf(dice: (sides: number) => number): Geometry {
  const size = 64 * MIB + dice(8 * 1024) * MIB
  const first = 0x2100000 + dice(0x100) * 0x1000
  const rest = size - first - 0x20000
  const offsets = [first, first + Math.floor(rest * 0.3), first + Math.floor(rest * 0.7)].map(
    (offset, i) => offset - (offset % 4096) + i * 0x3000,
  )
  const start = dice(2) === 0 ? (1 + dice(100)) * MIB : (1 + dice(100_000)) * 512
  return { size, offsets, start, sourceSize: start + size + dice(3) * 100 * MIB }
}

function blockAt({ offsets, size }: Geometry, at: number, change: Partial<BlockTrace> = {}): BlockTrace {
  return {
    kind: "metadata-block",
    at,
    health: "intact",
    version: 2,
    volumeId: "7414AD48-BB37-47B0-8F84-92E29B76DB0A",
    copyOffsets: offsets,
    areaSize: 0x10000,
    state: 4,
    watermark: size,
    sectorSize: 512,
    usesEow: false,
    nonceCounter: 9,
    crc: 1,
    ...change,
  }
}

const datumAt = (at: number): DatumTrace => ({
  kind: "datum",
  at,
  role: 3,
  type: 5,
  size: 80,
  name: String(at),
})

function diceOf(seed: number): (sides: number) => number {
  const bytes = randomBytes(400, seed)
  let next = 0
  return (sides) => ((bytes[next++]! << 16) | (bytes[next++]! << 8) | bytes[next++]!) % sides
}

function derive(traces: readonly Trace[], { sourceSize }: Geometry): VolumePlace[] {
  return deriveVolumes(traces, [], sourceSize)
}

const RUNS = 500
const slotSets = [
  [0, 1, 2],
  [0, 1],
  [0, 2],
  [1, 2],
]

describe("the start of a volume", () => {
  it("follows from any two copies, whatever is missing and wherever it is", () => {
    for (let seed = 1; seed <= RUNS; seed++) {
      const dice = diceOf(seed)
      const whole = geometryOf(dice)
      const slots = slotSets[seed % slotSets.length]!
      // Before the first copy that is there, or nothing.
      const cut = dice(2) === 0 ? 0 : whole.start + dice(whole.offsets[slots[0]!]! / 512) * 512
      const geometry = { ...whole, start: whole.start - cut, sourceSize: whole.sourceSize - cut }
      const traces = slots.map((slot, i) =>
        blockAt(geometry, geometry.start + geometry.offsets[slot]!, {
          ...(i === 0 && dice(2) === 0 && { health: "sized", crc: 2 }),
        }),
      )
      const places = derive(traces, geometry)
      expect(places.map(startOf), `seed ${seed}`).toEqual([geometry.start])
      expect(places[0]!.otherStarts, `seed ${seed}`).toEqual([])
    }
  })

  it("is the likeliest or one of the others when a single copy is left", () => {
    let likeliest = 0
    for (let seed = 1; seed <= RUNS; seed++) {
      const geometry = geometryOf(diceOf(seed))
      const [place] = derive([blockAt(geometry, geometry.start + geometry.offsets[seed % 3]!)], geometry)
      expect([startOf(place!), ...place!.otherStarts], `seed ${seed}`).toContain(geometry.start)
      likeliest += Number(startOf(place!) === geometry.start)
    }
    expect(likeliest).toBeGreaterThan(0.9 * RUNS)
  })

  it("follows from a single copy of an input that begins behind the others, or ends before them", () => {
    for (let seed = 1; seed <= RUNS; seed++) {
      const whole = geometryOf(diceOf(seed))
      const isHead = seed % 2 === 0
      const cut = whole.start + whole.offsets[1]! + 0x10000
      const geometry = isHead
        ? { ...whole, start: whole.start - cut, sourceSize: whole.size + whole.start - cut }
        : { ...whole, sourceSize: whole.start + whole.offsets[1]! }
      const slot = isHead ? 2 : 0
      const [place] = derive([blockAt(geometry, geometry.start + geometry.offsets[slot]!)], geometry)
      expect(startOf(place!), `seed ${seed}`).toBe(geometry.start)
    }
  })

  it("follows from one header and the datums of another copy", () => {
    for (let seed = 1; seed <= RUNS; seed++) {
      const dice = diceOf(seed)
      const geometry = geometryOf(dice)
      const [kept, lost] = seed % 2 === 0 ? [0, 2] : [1, 0]
      const at = (slot: number): number => geometry.start + geometry.offsets[slot]!
      const [place] = derive([blockAt(geometry, at(kept)), datumAt(at(lost) + 700)], geometry)
      expect(startOf(place!), `seed ${seed}`).toBe(geometry.start)
      expect(place!.traces.strays).toHaveLength(1)
    }
  })

  it("is not held against a place that nobody could read", () => {
    const geometry = {
      size: GIB,
      offsets: [64 * MIB, 300 * MIB, 700 * MIB],
      start: 7 * MIB + 512,
      sourceSize: 2 * GIB,
    }
    const traces = [blockAt(geometry, geometry.start + 700 * MIB)]
    const lost = geometry.offsets.slice(0, 2).map((offset) => extent(geometry.start + offset, 512))
    const [place] = deriveVolumes(traces, [], geometry.sourceSize, lost)
    expect(startOf(place!)).toBe(geometry.start)
  })

  it("names both where copies lie in equal steps and one of them is gone", () => {
    const step = 100 * MIB
    const geometry = { size: GIB, offsets: [step, 2 * step, 3 * step], start: 5 * MIB, sourceSize: 2 * GIB }
    const traces = [1, 2].map((slot) => blockAt(geometry, geometry.start + geometry.offsets[slot]!))
    const [place] = derive(traces, geometry)
    expect([startOf(place!), ...place!.otherStarts].sort((a, b) => a - b)).toEqual([
      geometry.start,
      geometry.start + step,
    ])
  })

  it("is found in time among a hundred thousand crafted traces", () => {
    const geometry = {
      size: GIB,
      offsets: [64 * MIB, 300 * MIB, 700 * MIB],
      start: 7 * MIB,
      sourceSize: 2 * GIB,
    }
    const real = geometry.offsets.map((offset) => blockAt(geometry, geometry.start + offset))
    const crafted = Array.from({ length: 100_000 }, (_, i): Trace => {
      const at = i * 512
      const change = {
        health: "header",
        volumeId: String(i % 7000),
        copyOffsets: [at + 512, at + 1024, at + 4096],
      } as const
      return i % 3 === 0
        ? datumAt(at)
        : i % 3 === 1
          ? blockAt(geometry, at, change)
          : { kind: "boot-sector", at }
    })
    const started = performance.now()
    expect(derive([...crafted, ...real], geometry).map(startOf)).toContain(geometry.start)
    expect(performance.now() - started).toBeLessThan(10_000)
  })

  it("never throws on traces that contradict each other", () => {
    for (let seed = 1; seed <= RUNS; seed++) {
      const dice = diceOf(seed)
      const traces: Trace[] = Array.from({ length: 6 }, () => {
        const geometry = geometryOf(dice)
        const change = { volumeId: String(dice(3)), copyOffsets: dice(3) === 0 ? [] : geometry.offsets }
        return dice(4) === 0 ? datumAt(dice(8 * MIB) * 512) : blockAt(geometry, dice(8 * MIB) * 512, change)
      })
      const places = deriveVolumes(traces, [], 9 * GIB)
      for (const { extent: e } of places) expect(e.length).toBeGreaterThanOrEqual(0)
    }
  })
})
