/** What a slip costs: the order in which candidates are tried. */
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { ONE_SLIP, slipPricesOf, UNKNOWN } from "../../src/clinic/slips.ts"

const price = (typed: string, meant: string): number => slipPricesOf(typed)(meant)
const digits = fc.stringMatching(/^\d{6}$/)

describe("slips", () => {
  it.each([
    ["nothing at all", "123456", "123456", 0],
    ["the letter O for a zero", "12O456", "120456", 1],
    ["small l and capital I for ones", "lI3456", "113456", 2],
    ["S and B for 5 and 8", "12S4B6", "125486", 2],
    ["a digit that cannot be read", "12?456", "127456", 0],
    ["a 7 for a 1", "723456", "123456", 2],
    ["a key beside the right one", "133456", "123456", 2],
    ["0 for 9, beside it on the keyboard", "023456", "923456", 2],
    ["any other digit", "923456", "223456", 3],
    ["two neighbours exchanged", "213456", "123456", 2],
    ["digits exchanged around a third", "321456", "123456", 3],
    ["44 heard as 55", "553456", "443456", 3],
    ["a digit left out", "12456", "123456", 3],
    ["one of two equal digits left out", "13456", "113456", 2],
    ["a digit too many", "1283456", "123456", 3],
    ["a digit written twice", "1233456", "123456", 2],
    ["two slips", "213465", "123456", 4],
    ["a letter that looks like no digit", "12w456", "127456", 3],
  ])("%s", (_what, typed, meant, expected) => {
    expect(price(typed, meant)).toBe(expected)
  })

  it("cost nothing exactly where what was typed can be what was meant", () => {
    fc.assert(
      fc.property(digits, digits, (typed, meant) => {
        expect(price(typed, meant) === 0).toBe(typed === meant)
        expect(price(UNKNOWN.repeat(6), meant)).toBe(0)
      }),
    )
  })

  it("cost at most one likely slip for each digit", () => {
    fc.assert(fc.property(digits, digits, (typed, meant) => price(typed, meant) <= 6 * ONE_SLIP))
  })

  it("are the same asked together or one by one", () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 9 }), fc.array(digits, { maxLength: 5 }), (typed, meant) => {
        const together = slipPricesOf(typed)
        expect(meant.map(together)).toEqual(meant.map((one) => price(typed, one)))
      }),
    )
  })
})
