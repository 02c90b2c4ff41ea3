/** Text of Windows: every encoding of it, and the way back to the bytes that a text stream made characters of. */
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { ansiBytes, decodeText, decodingsOf, isPlainText, linesOf } from "../../src/bytes/decode-text.ts"
import { serializeUtf16 } from "../../src/bytes/utf16.ts"

const utf16be = (text: string): Uint8Array => serializeUtf16(text).map((_, i, all) => all[i ^ 1]!)
const TEXT = "Schlüssel für “C:”\r\n"

describe("decodeText", () => {
  it.each([
    ["UTF-16 with a mark", serializeUtf16(`\ufeff${TEXT}`), "utf-16"],
    ["UTF-16 without one", serializeUtf16(TEXT), "utf-16"],
    ["big-endian UTF-16 with a mark", utf16be(`\ufeff${TEXT}`), "utf-16"],
    ["big-endian UTF-16 without one", utf16be(TEXT), "utf-16"],
    ["UTF-8 with a mark", new TextEncoder().encode(`\ufeff${TEXT}`), "utf-8"],
    ["UTF-8 without one", new TextEncoder().encode(TEXT), "utf-8"],
  ])("reads %s", (_, bytes, encoding) => {
    expect(decodeText(bytes)).toEqual({ encoding, text: TEXT })
  })

  it("takes the ASCII of what is no other encoding", () => {
    const { encoding, text } = decodeText(Uint8Array.of(0x66, 0xfc, 0x72))
    expect(encoding).toBe("8-bit")
    expect(text).toMatch(/^f.r$/)
  })

  it("reads nothing as nothing, and never fails", () => {
    expect(decodeText(new Uint8Array(0)).text).toBe("")
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        for (const { text } of decodingsOf(bytes)) expect(text.length).toBeLessThanOrEqual(bytes.length)
      }),
    )
  })

  it("keeps every reading of bytes that are mostly zeros", () => {
    const readings = [...decodingsOf(new Uint8Array(100))]
    expect(readings.map(({ encoding }) => encoding)).toEqual(["utf-16", "utf-16", "utf-8"])
  })
})

describe("ansiBytes", () => {
  it("gives back what Windows-1252 made of any bytes", () => {
    const bytes = Uint8Array.from({ length: 256 }, (_, i) => i)
    // The figures of https://www.unicode.org/Public/MAPPINGS/VENDORS/MICSFT/WindowsBestFit/bestfit1252.txt
    const specials = [
      0x20ac, 0x81, 0x201a, 0x192, 0x201e, 0x2026, 0x2020, 0x2021, 0x2c6, 0x2030, 0x160, 0x2039, 0x152, 0x8d,
      0x17d, 0x8f, 0x90, 0x2018, 0x2019, 0x201c, 0x201d, 0x2022, 0x2013, 0x2014, 0x2dc, 0x2122, 0x161, 0x203a,
      0x153, 0x9d, 0x17e, 0x178,
    ]
    const codes = Array.from(bytes, (byte) => (byte >= 0x80 && byte < 0xa0 ? specials[byte - 0x80]! : byte))
    expect(ansiBytes(String.fromCharCode(...codes))).toEqual(bytes)
  })

  it("puts a question mark for what the code page lacks, as Windows does", () => {
    expect(ansiBytes("a中b")).toEqual(Uint8Array.of(0x61, 0x3f, 0x62))
  })
})

describe("isPlainText", () => {
  it.each([
    ["letters\r\n\tand spaces", true],
    ["", true],
    ["a\0b", false],
    ["\u0080", false],
  ])("of %j is %s", (text, plain) => expect(isPlainText(text)).toBe(plain))
})

describe("linesOf", () => {
  it("cuts at both kinds of ends, and keeps empty lines", () => {
    expect([...linesOf("a\r\n\nb\rc\nd")]).toEqual(["a", "", "b\rc", "d"])
    expect([...linesOf("")]).toEqual([])
    expect([...linesOf("\n")]).toEqual([""])
  })
})
