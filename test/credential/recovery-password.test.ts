import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { formatRecoveryPassword, parseRecoveryPassword } from "../../src/credential/index.ts"
import { UsageError } from "../../src/errors.ts"
import { toHex } from "../../src/bytes/hex.ts"

const DIGITS = "235818-357951-253979-013365-241120-245575-342914-591910"
const KEY16 = "be531d7f315abf04a0553557c67932d2"

const parse = (text: string): string => toHex(parseRecoveryPassword(text).key16.reveal())

function errorOf(text: string): UsageError {
  try {
    parseRecoveryPassword(text)
  } catch (error) {
    if (error instanceof UsageError) return error
    throw error
  }
  throw new Error("it was accepted")
}

describe("parseRecoveryPassword", () => {
  it.each([
    ["as printed", DIGITS],
    ["without separators", DIGITS.replaceAll("-", "")],
    ["with spaces", DIGITS.replaceAll("-", " ")],
    ["with dashes of a word processor", DIGITS.replaceAll("-", "\u2013")],
    ["with non-breaking hyphens", DIGITS.replaceAll("-", "\u2011")],
    ["with spaces around the dashes", DIGITS.replaceAll("-", " - ")],
    ["over two lines", `${DIGITS.slice(0, 27)}\r\n${DIGITS.slice(28)}`],
    ["in full-width digits", DIGITS.replace(/\d/g, (digit) => String.fromCharCode(0xff10 + Number(digit)))],
    ["in Arabic digits", DIGITS.replace(/\d/g, (digit) => String.fromCharCode(0x660 + Number(digit)))],
    ["behind a byte order mark", `\uFEFF${DIGITS}\r\n`],
    ["in quotes", `"${DIGITS}"`],
    ["behind a label", `Recovery Key:\n\t${DIGITS}.`],
    ["behind a label with digits", `Laptop 123 (2021-03-04): ${DIGITS}`],
    ["with two digits wrongly spaced", DIGITS.replace("235818-", "23 5818 ")],
  ])("takes the 48 digits %s", (_, text) => {
    expect(parse(text)).toBe(KEY16)
  })

  it("names each wrong group, why, and none of the digits", () => {
    const error = errorOf("235819-357951-25397-013365-241120-999999-342914-591910")
    expect(error.exitCode).toBe(2)
    expect(error.message).toBe(
      "the recovery password cannot be right: group 1 has a wrong digit (it is not divisible by 11); " +
        "group 3 is not six digits; group 6 has a wrong digit (it is larger than 720885)",
    )
    expect(error.data).toEqual({
      groups: [
        { group: 1, reason: "not-divisible-by-11" },
        { group: 3, reason: "not-six-digits" },
        { group: 6, reason: "too-large" },
      ],
    })
    expect(JSON.stringify([error.message, error.next, error.data])).not.toMatch(/235819|357951|25397\b/)
  })

  it("finds a letter in place of a digit", () => {
    expect(errorOf(DIGITS.replace("0", "O")).data).toEqual({
      groups: [{ group: 4, reason: "not-six-digits" }],
    })
  })

  it("counts the digits when there are no eight groups", () => {
    const error = errorOf(DIGITS.slice(0, 47).replaceAll("-", ""))
    expect(error.message).toContain("has 41 digits, where 48 in 8 groups of 6 are needed")
    expect(errorOf("").data).toEqual({ digits: 0 })
  })

  it("finds every wrong digit: no single one keeps a group divisible by 11", () => {
    fc.assert(
      fc.property(fc.nat(54), fc.integer({ min: 1, max: 9 }), (at, add) => {
        fc.pre(DIGITS[at] !== "-")
        const wrong = DIGITS.slice(0, at) + ((Number(DIGITS[at]) + add) % 10) + DIGITS.slice(at + 1)
        expect(errorOf(wrong).data).toMatchObject({ groups: [{ group: 1 + Math.floor(at / 7) }] })
      }),
    )
  })

  it("is undone by formatRecoveryPassword, leading zeros included", () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 16, maxLength: 16 }), (key16) => {
        const digits = formatRecoveryPassword(key16)
        expect(digits).toMatch(/^(\d{6}-){7}\d{6}$/)
        expect(parse(digits)).toBe(toHex(key16))
      }),
    )
  })
})
