/** Reading around bad sectors, on the two behaviours of the system that were measured. */
import { describe, expect, it } from "vitest"
import { extent, mergeExtents, totalLength } from "../../src/extents/extent.ts"
import { EndOfSource } from "../../src/source/failures.ts"
import { type Pread, fill } from "../../src/source/fill.ts"
import { badSectors, faultyPread } from "../suites/faulty-source.ts"
import { randomBytes } from "../suites/random-bytes.ts"

const bytes = randomBytes(1 << 20)

function counted(pread: Pread): { pread: Pread; count: () => number } {
  let count = 0
  return {
    pread(at, into) {
      count++
      return pread(at, into)
    },
    count: () => count,
  }
}

describe("fill", () => {
  it.each([1, 2, 3])("finds exactly the bad sectors of a direct read (seed %i)", async (seed) => {
    const bad = badSectors(bytes.length, 512, { oneIn: 100, seed })
    const into = new Uint8Array(bytes.length).fill(0xa5)
    expect(await fill(faultyPread(bytes, bad, "direct"), 0, into, 512)).toEqual(bad)
    const expected = bytes.slice()
    for (const { start, length } of bad) expected.fill(0, start, start + length)
    expect(Buffer.compare(into, expected)).toBe(0)
  })

  it("loses the page around a bad sector of a buffered read, and no more", async () => {
    const bad = [extent(0x5200, 512), extent(0x20000, 1024)]
    const unreadable = await fill(faultyPread(bytes, bad, "buffered"), 0, new Uint8Array(bytes.length), 512)
    expect(unreadable).toEqual([extent(0x5000, 4096), extent(0x20000, 4096)])
  })

  it("comes down to one bad sector of a mebibyte in some twenty requests", async () => {
    const { pread, count } = counted(faultyPread(bytes, [extent(0x80200, 512)], "direct"))
    await fill(pread, 0, new Uint8Array(bytes.length), 512)
    expect(count()).toBeLessThanOrEqual(2 * 11 + 1)
  })

  it("asks for no sector twice when none can be read", async () => {
    const { pread, count } = counted(faultyPread(bytes, [extent(0, bytes.length)], "direct"))
    expect(await fill(pread, 0, new Uint8Array(65536), 512)).toEqual([extent(0, 65536)])
    expect(count()).toBe(2 * 128 - 1)
  })

  it("keeps to the sectors of the medium in an unaligned request", async () => {
    const bad = [extent(4096, 4096)]
    const unreadable = await fill(faultyPread(bytes, bad, "direct"), 1000, new Uint8Array(9000), 4096)
    expect(unreadable).toEqual(bad)
    expect(await fill(faultyPread(bytes, bad, "direct"), 5000, new Uint8Array(100), 4096)).toEqual([
      extent(5000, 100),
    ])
  })

  it.each([1, 7, 4096])("goes on after a short read of %i bytes", async (most) => {
    const into = new Uint8Array(20_000)
    const pread: Pread = (at, part) => {
      const chunk = bytes.subarray(at, at + Math.min(most, part.length))
      part.set(chunk)
      return chunk.length
    }
    expect(await fill(pread, 100, into, 512)).toEqual([])
    expect(Buffer.compare(into, bytes.subarray(100, 20_100))).toBe(0)
  })

  it("says where the bytes ended too early", async () => {
    const short = bytes.subarray(0, 10_000)
    const failure = await fill(faultyPread(short, [], "direct"), 0, new Uint8Array(20_000), 512).catch(
      (e: unknown) => e,
    )
    expect(failure).toBeInstanceOf(EndOfSource)
    expect((failure as EndOfSource).at).toBe(10_000)
  })

  it("passes on what is no error of the medium", async () => {
    const gone = Object.assign(new Error("no such device"), { code: "ENXIO" })
    const pread = (): never => {
      throw gone
    }
    await expect(fill(pread, 0, new Uint8Array(512), 512)).rejects.toBe(gone)
  })

  it("looks at the signal between requests", async () => {
    const stop = new AbortController()
    const { pread, count } = counted((_, part) => {
      stop.abort(new Error("enough"))
      return Math.min(512, part.length)
    })
    await expect(fill(pread, 0, new Uint8Array(4096), 512, stop.signal)).rejects.toThrow("enough")
    expect(count()).toBe(1)
  })

  it("agrees with itself however a request over bad sectors is cut", async () => {
    const bad = badSectors(bytes.length, 512, { oneIn: 8, seed: 11 })
    const pread = faultyPread(bytes, bad, "direct")
    const parts = await Promise.all(
      [0, 1024, 66_048, 200_192].map((at, i, all) =>
        fill(pread, at, new Uint8Array((all[i + 1] ?? 300_032) - at), 512),
      ),
    )
    const whole = await fill(pread, 0, new Uint8Array(300_032), 512)
    expect(mergeExtents(parts.flat())).toEqual(whole)
    expect(totalLength(whole)).toBeGreaterThan(0)
  })
})
