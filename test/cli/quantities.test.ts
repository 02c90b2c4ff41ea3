import { describe, expect, it } from "vitest"
import {
  formatDuration,
  formatPercent,
  formatSize,
  formatSizeExactly,
  parseRange,
  parseSize,
} from "../../src/cli/quantities.ts"

describe("sizes", () => {
  it.each([
    ["0", 0],
    ["4096", 4096],
    ["0x1000", 4096],
    ["4k", 4096],
    ["4KiB", 4096],
    ["4KB", 4096],
    ["0x10M", 16 << 20],
    ["8P", 2 ** 53],
  ])("%s is %d bytes", (text, bytes) => {
    expect(parseSize(text)).toBe(Number.isSafeInteger(bytes) ? bytes : undefined)
  })

  it.each(["", "-1", "1.5M", "K", "12 cats", "0x", "1e6", "9999P"])("%s is none", (text) => {
    expect(parseSize(text)).toBeUndefined()
  })

  it("read as people say them", () => {
    expect([0, 1023, 1024, 1536, 104857600, 104644608, 2 ** 40].map(formatSize)).toEqual([
      "0 B",
      "1023 B",
      "1 KiB",
      "1.5 KiB",
      "100 MiB",
      "99.8 MiB",
      "1 TiB",
    ])
    expect(formatSizeExactly(512)).toBe("512 bytes")
    expect(formatSizeExactly(1024)).toBe("1 KiB (1024 bytes)")
  })
})

describe("ranges", () => {
  it("are a start with a length, or with an end that is excluded", () => {
    expect(parseRange("0x200:1K")).toEqual({ start: 512, length: 1024 })
    expect(parseRange("0x200-0x600")).toEqual({ start: 512, length: 1024 })
  })

  it.each(["", "1", "1:", ":1", "5-5", "6-5", "0:0", "1-2-3", "a:b"])("%s is none", (text) => {
    expect(parseRange(text)).toBeUndefined()
  })
})

it("durations and percents never promise too much", () => {
  expect([0, 7.4, 727, 112_327].map(formatDuration)).toEqual(["0:00", "0:07", "12:07", "31:12:07"])
  expect(formatPercent(99_999, 100_000)).toBe("99.9 %")
  expect(formatPercent(100_000, 100_000)).toBe("100.0 %")
})
