import { describe, expect, it } from "vitest"
import { extent } from "../../src/extents/extent.ts"
import { probeSectorSize, probeSize } from "../../src/source/probe-size.ts"
import { badSectors, faultyPread } from "../suites/faulty-source.ts"

/** A device without bytes: what it reads is of no interest here. */
const deviceOf =
  (size: number, sectorSize = 512) =>
  (at: number, into: Uint8Array): number => {
    if (at % sectorSize !== 0 || into.length % sectorSize !== 0) {
      throw Object.assign(new Error("unaligned"), { code: "EINVAL" })
    }
    return Math.max(0, Math.min(into.length, size - at))
  }

describe("probeSize", () => {
  it.each([512, 4096, 4608, 2 ** 20, 2 ** 31 - 512, 2 ** 31, 500_107_862_016, 18 * 2 ** 40 + 512])(
    "finds %i bytes",
    async (size) => {
      expect(await probeSize(deviceOf(size), 512)).toBe(size)
    },
  )

  it("finds the size of a 4Kn device, and its sectors", async () => {
    const pread = deviceOf(2 ** 40 + 4096, 4096)
    expect(await probeSectorSize(pread)).toBe(4096)
    expect(await probeSize(pread, 4096)).toBe(2 ** 40 + 4096)
    expect(await probeSectorSize(deviceOf(2 ** 40))).toBe(512)
  })

  it("says 0 for a drive without a medium", async () => {
    expect(await probeSize(deviceOf(0), 512)).toBe(0)
  })

  it("takes no bad sector for the end", async () => {
    const size = 6 << 20
    const bad = badSectors(size - 4096, 512, { oneIn: 5, seed: 3 })
    // The positions that a search by halves tries first.
    const tried = [1, 2, 4].map((n) => extent(n << 20, 512))
    const pread = faultyPread(new Uint8Array(size), [...bad, ...tried], "direct")
    expect(await probeSize(pread, 512)).toBe(size)
  })
})
