/** The sources in memory and over other sources, and the faulty medium of the tests itself, on the common suite. */
import { describe, expect, it } from "vitest"
import { extent, mergeExtents } from "../../src/extents/extent.ts"
import {
  cachedSource,
  heldExtents,
  maskedSource,
  memorySource,
  readBytes,
  sliceSource,
} from "../../src/source/index.ts"
import { byteSourceSuite } from "../suites/byte-source-suite.ts"
import { countingSource } from "../suites/counting-source.ts"
import { badSectors, faultySource } from "../suites/faulty-source.ts"
import { randomBytes } from "../suites/random-bytes.ts"

const bytes = randomBytes(300_000)
const unreadable = badSectors(bytes.length, 512)

byteSourceSuite("memory", async () => ({ source: memorySource(bytes), bytes }))
byteSourceSuite("a faulty medium", async () => ({
  source: faultySource(bytes, unreadable),
  bytes,
  unreadable,
}))
byteSourceSuite("a slice", async () => ({
  source: sliceSource(memorySource(bytes), extent(1000, 200_000), 4096),
  bytes: bytes.slice(1000, 201_000),
}))
byteSourceSuite("a slice that begins before its whole, an image with holes", async () => {
  const shown = new Uint8Array(120_000)
  shown.set(bytes.subarray(0, 100_000), 20_000)
  return {
    source: sliceSource(
      maskedSource(memorySource(bytes), [extent(50_000, 10_000)]),
      extent(-20_000, 120_000),
    ),
    bytes: shown,
    unreadable: [extent(0, 20_000), extent(70_000, 10_000)],
  }
})
byteSourceSuite("a slice of a faulty medium", async () => ({
  source: sliceSource(faultySource(bytes, unreadable), extent(0, 200_192)),
  bytes: bytes.slice(0, 200_192),
  unreadable: badSectors(200_192, 512),
}))
byteSourceSuite("an image with holes, on a faulty medium", async () => {
  const missing = [extent(0, 100), extent(5000, 5000), extent(10_000, 24), extent(299_999, 1)]
  return {
    source: maskedSource(faultySource(bytes, unreadable), missing),
    bytes,
    unreadable: mergeExtents([...unreadable, ...missing]),
  }
})
byteSourceSuite("a cache", async () => ({
  source: cachedSource(memorySource(bytes), { blockSize: 4096, blockCount: 3 }),
  bytes,
}))
byteSourceSuite("a cache before a faulty medium", async () => ({
  source: cachedSource(faultySource(bytes, unreadable), { blockSize: 8192, blockCount: 4 }),
  bytes,
  unreadable,
}))

describe("sliceSource", () => {
  it("refuses a part that leaves the whole", () => {
    expect(() => sliceSource(memorySource(bytes), extent(299_999, 2))).toThrow(RangeError)
  })
})

describe("heldExtents", () => {
  const image = maskedSource(memorySource(bytes), [extent(1000, 3000), extent(8192, 4096)])
  const cut = cachedSource(sliceSource(image, extent(-5000, 20_000)))

  it("are what is left between holes and a head that is missing", () => {
    expect(heldExtents(cut)).toEqual([extent(5000, 1000), extent(9000, 4192), extent(17_288, 2712)])
    expect(heldExtents(cut, extent(5500, 4000))).toEqual([extent(5500, 500), extent(9000, 500)])
    expect(heldExtents(memorySource(bytes))).toEqual([extent(0, bytes.length)])
  })

  it("come in whole units", () => {
    expect(heldExtents(cut, extent(0, 20_000), 512)).toEqual([
      extent(5120, 512),
      extent(9216, 3584),
      extent(17_408, 2560),
    ])
  })
})

describe("maskedSource", () => {
  it("reads nothing where the image holds nothing", async () => {
    const counted = countingSource(memorySource(bytes))
    const masked = maskedSource(counted, [extent(4096, 8192), extent(20_000, 100)])
    await masked.read(0, new Uint8Array(30_000))
    await masked.read(5000, new Uint8Array(1000))
    expect(counted.requests).toEqual([extent(0, 4096), extent(12_288, 7712), extent(20_100, 9900)])
  })
})

describe("cachedSource", () => {
  it("turns many small reads near each other into one", async () => {
    const counted = countingSource(memorySource(bytes))
    const cache = cachedSource(counted, { blockSize: 16_384 })
    await Promise.all(Array.from({ length: 100 }, (_, i) => cache.read(i * 160, new Uint8Array(160))))
    expect(counted.requests).toEqual([extent(0, 16_384)])
  })

  it("forgets the block that was not used for longest", async () => {
    const counted = countingSource(memorySource(bytes))
    const cache = cachedSource(counted, { blockSize: 4096, blockCount: 2 })
    for (const at of [0, 4096, 0, 8192, 0, 4096]) await cache.read(at, new Uint8Array(16))
    expect(counted.requests.map(({ start }) => start)).toEqual([0, 4096, 8192, 4096])
  })

  it("tries again after a source that failed", async () => {
    const inner = memorySource(bytes)
    let isGone = true
    const cache = cachedSource({
      ...inner,
      read: (at, into) => (isGone ? Promise.reject(new Error("gone")) : inner.read(at, into)),
    })
    await expect(cache.read(0, new Uint8Array(16))).rejects.toThrow("gone")
    isGone = false
    expect(await cache.read(0, new Uint8Array(16))).toEqual([])
  })
})

describe("readBytes", () => {
  it("ends where the source ends, and gives nothing from outside of it", async () => {
    const source = memorySource(bytes)
    expect((await readBytes(source, 299_990, 64)).bytes).toEqual(bytes.slice(299_990))
    expect((await readBytes(source, 300_000, 64)).bytes).toHaveLength(0)
    expect((await readBytes(source, 2 ** 60, 64)).bytes).toHaveLength(0)
  })
})
