/** The kernel of the scan finds what its readable twin finds: on noise, on planted structures, and at every border. */
import { beforeAll, describe, expect, it } from "vitest"
import { type Reach, SEARCH_MARGIN, findCandidates } from "../../src/fve/index.ts"
import { type ScanKernel, openScanKernel } from "../../src/pipeline/scan-kernel.ts"
import { randomBytes } from "../suites/random-bytes.ts"

const STARTS = 64 << 10
const REACHES: readonly Reach[] = ["sectors", "anywhere"]

let kernel: ScanKernel
beforeAll(() => {
  kernel = openScanKernel(STARTS + SEARCH_MARGIN)
})

/** Everything that either may take for a start, with what must stand before it. */
const PLANTS: readonly { readonly before: number; readonly bytes: Uint8Array }[] = [
  { before: 0, bytes: latin1("-FVE-FS-") },
  { before: 3, bytes: latin1("-FVE-FS-") },
  { before: 0, bytes: latin1("FVE-EOW\0") },
  { before: 0, bytes: latin1("FVE-EOWBM\0") },
  { before: 0, bytes: latin1("OLRDHEVF2\0") },
  ...[0xa0, 0x1a8].flatMap((before) => [
    { before, bytes: hexBytes("3bd6674929 2ed84a") },
    { before, bytes: hexBytes("3b4da89280dd0e4d") },
  ]),
  { before: 0x198, bytes: hexBytes("0e0680b58a775740") },
  { before: 0, bytes: hexBytes("f000 0200 0800 0100") },
  { before: 0, bytes: hexBytes("5000 0300 0500 0100") },
  { before: 0, bytes: hexBytes("6400 0f00 0f00 0100") },
]

describe.each(REACHES)("the kernel of the scan, %s", (reach) => {
  it("finds what its twin finds among planted structures, whole, cut and at every border", () => {
    let found = 0
    for (let seed = 1; seed <= 12; seed++) {
      const length = seed % 3 === 0 ? STARTS : STARTS + SEARCH_MARGIN
      const bytes = planted(length, seed)
      const starts = seed % 4 === 0 ? STARTS - 512 * seed : STARTS
      found += expectEqual(bytes, starts, reach)
    }
    expect(found).toBeGreaterThan(500)
  })

  it("finds what its twin finds in data that looks like structures everywhere", () => {
    const letters = Uint8Array.of(0, 0, 0, 1, 2, 3, 5, 8, 15, 24, 64, 100)
    let found = 0
    for (let seed = 1; seed <= 8; seed++) {
      const bytes = randomBytes(STARTS + SEARCH_MARGIN, seed).map((byte) => letters[byte % letters.length]!)
      found += expectEqual(bytes, STARTS, reach)
    }
    expect(found).toBeGreaterThan(10)
  })

  it("finds more than one call of the kernel has room for", () => {
    const bytes = new Uint8Array(STARTS + SEARCH_MARGIN)
    for (let at = 0; at + 8 <= bytes.length; at += 8) bytes.set(hexBytes("f000 0200 0800 0100"), at)
    expect(expectEqual(bytes, STARTS, reach)).toBe(STARTS / 8)
  })

  it("takes what lies behind the window for zeros, and not for what was there before", () => {
    const leftOver = new Uint8Array(STARTS + SEARCH_MARGIN).fill(0xff)
    leftOver.set(hexBytes("f000 0200 0800 0100"), 508)
    expect(expectEqual(leftOver, STARTS, reach)).toBe(1)
    expect(expectEqual(leftOver.slice(0, 512), 512, reach)).toBe(0)
  })
})

it("finds nothing in noise", () => {
  const noise = randomBytes(STARTS + SEARCH_MARGIN, 99)
  for (const reach of REACHES) expect(expectEqual(noise, STARTS, reach)).toBe(0)
})

/** @returns how many they found */
function expectEqual(bytes: Uint8Array, starts: number, reach: Reach): number {
  kernel.buffer.set(bytes)
  const found = kernel.find({ bytes: kernel.buffer.subarray(0, bytes.length), starts }, reach)
  const twins = findCandidates({ bytes, starts }, reach)
  expect(found).toEqual(twins)
  return found.length
}

/** Noise with structures on sectors, at odd places, and one byte wrong in some of them. */
function planted(length: number, seed: number): Uint8Array {
  const bytes = randomBytes(length, seed)
  const dice = randomBytes(length, seed + 100)
  for (let i = 0; i < 200; i++) {
    const plant = PLANTS[(i + seed) % PLANTS.length]!
    const anywhere = ((dice[3 * i]! << 16) | (dice[3 * i + 1]! << 8) | dice[3 * i + 2]!) % length
    const at = (i % 2 === 0 ? anywhere - (anywhere % 512) : anywhere) + plant.before
    const copy = plant.bytes.slice()
    if (i % 5 === 0) copy[dice[i]! % copy.length]! ^= 1 << (dice[i + 1]! % 8)
    bytes.set(copy.subarray(0, Math.max(0, length - at)), Math.min(at, length))
  }
  return bytes
}

function latin1(text: string): Uint8Array {
  return Uint8Array.from(text, (letter) => letter.charCodeAt(0))
}

function hexBytes(text: string): Uint8Array {
  return Uint8Array.from(Buffer.from(text.replaceAll(" ", ""), "hex"))
}
