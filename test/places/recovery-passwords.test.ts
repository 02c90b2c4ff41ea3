/** 48 digits wherever they stand, against an oracle that tries every place in the text. */
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { formatRecoveryPassword } from "../../src/credential/index.ts"
import { findRecoveryPasswords } from "../../src/places/recovery-passwords.ts"
import { mistyped, passwordOf } from "./samples.ts"

function found(text: string): string[] {
  return [...findRecoveryPasswords(text)].map((one) =>
    "credential" in one
      ? formatRecoveryPassword(one.credential.key16.reveal())
      : `wrong in ${one.faults.map(({ group }) => group).join()}`,
  )
}

const [first, second] = [passwordOf(1), passwordOf(2)]

describe("a recovery password is found", () => {
  it.each([
    ["alone", first],
    ["without separators", first.replaceAll("-", "")],
    ["with blanks", first.replaceAll("-", "  ")],
    ["a group a line", first.replaceAll("-", "\r\n   ")],
    ["broken over two lines", first.slice(0, 27) + "-\r\n\t" + first.slice(28)],
    ["in pairs of groups", first.replace(/(\d{6})-(\d{6})/g, "$1$2")],
    ["in quotes, with commas", `"${first.replaceAll("-", '","')}"`],
    ["in a sentence", `The key is ${first}.`],
    ["behind a number of the same form", `000001 ${first}`],
    ["behind a multiple of 11 of six digits", `000011 ${first}`],
  ])("%s", (_, text) => {
    expect(found(text)).toEqual([first])
  })

  it("beside another, and each once", () => {
    expect(found(`${first} ${second}`)).toEqual([first, second])
    expect(found(`x ${first}\n123456\n${second} 654321`)).toEqual([first, second])
  })
})

describe("a mistyped one", () => {
  it.each([
    ["a wrong digit", mistyped(first, 3), "wrong in 3"],
    ["two wrong groups", mistyped(mistyped(first, 1), 8), "wrong in 1,8"],
    ["a letter for a digit", first.slice(0, 12).replace(/\d$/, "O") + first.slice(12), "wrong in 2"],
    ["a digit too few", first.slice(0, 7) + first.slice(8), "wrong in 2"],
    ["a digit too many", `9${first}`, "wrong in 1"],
    ["a number before it", `123456 ${mistyped(first, 5)}`, "wrong in 5"],
  ])("is told with its groups: %s", (_, text, expected) => {
    expect(found(text)).toEqual([expected])
  })

  it("is nothing at all with three wrong groups", () => {
    expect(found(mistyped(mistyped(mistyped(first, 1), 4), 6))).toEqual([])
  })
})

describe("what is none", () => {
  it.each([
    "",
    "123456-123456-123456-123456-123456-123456-123456-123456",
    first.slice(0, 48),
    Array.from({ length: 100 }, (_, i) => String(100_000 + i)).join(","),
    "Bolsos lOlOlO ".repeat(20),
  ])("%s", (text) => {
    expect(found(text)).toEqual([])
  })
})

describe("any text", () => {
  /** Every window of eight groups of the text, split at what is no digit; those that overlap an earlier one are out. */
  function slowly(groups: readonly string[]): string[] {
    const all: string[] = []
    for (let i = 0; i + 8 <= groups.length; i++) {
      const window = groups.slice(i, i + 8)
      if (!window.every((group) => Number(group) % 11 === 0 && Number(group) <= 720_885)) continue
      all.push(window.join("-"))
      i += 7
    }
    return all
  }

  const group = fc.oneof(
    { weight: 9, arbitrary: fc.integer({ min: 0, max: 65_535 }).map((n) => n * 11) },
    { weight: 1, arbitrary: fc.integer({ min: 0, max: 999_999 }) },
  )

  it("gives what the oracle finds", () => {
    fc.assert(
      fc.property(fc.array(group, { maxLength: 60 }), (numbers) => {
        const groups = numbers.map((n) => String(n).padStart(6, "0"))
        const right = found(groups.join("-")).filter((one) => !one.startsWith("wrong"))
        expect(right).toEqual(slowly(groups))
      }),
    )
  })

  it("takes time in proportion to its length", () => {
    for (const hostile of ["1", "111111-", "l1O0", "000011 ", "0".repeat(48) + " "]) {
      const text = hostile.repeat(Math.ceil(2 ** 18 / hostile.length))
      const start = performance.now()
      let count = 0
      for (const _ of findRecoveryPasswords(text)) count++
      expect(performance.now() - start, hostile).toBeLessThan(5000)
      expect(count).toBeLessThanOrEqual(text.length / 48)
    }
  })
})
