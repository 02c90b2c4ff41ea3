import { describe, expect, it } from "vitest"
import { isDisputed, judgeClaims } from "../../src/repair/claims.ts"

describe("judgeClaims", () => {
  it("is sure of what two sides say, and of nothing that one side says three times", () => {
    const header = { value: 512, side: "header" }
    expect(judgeClaims([header, header, header])).toEqual({ value: 512, isSure: false, candidates: [512] })
    expect(judgeClaims([header, { value: 512, side: "boot sector" }])).toMatchObject({
      value: 512,
      isSure: true,
    })
  })

  it("prefers what more sides say, and is not sure between two of a weight", () => {
    const claims = [
      { value: { start: 1n }, side: "header" },
      { value: { start: 2n }, side: "header" },
      { value: { start: 2n }, side: "virtualization info" },
    ]
    expect(judgeClaims(claims)).toEqual({
      value: { start: 2n },
      isSure: true,
      candidates: [{ start: 2n }, { start: 1n }],
    })
    const even = [...claims, { value: { start: 1n }, side: "boot sector" }]
    expect(judgeClaims(even)).toMatchObject({ value: { start: 1n }, isSure: false })
  })

  it("has no value where nobody claims one", () => {
    expect(judgeClaims([])).toEqual({ isSure: false, candidates: [] })
  })
})

describe("isDisputed", () => {
  it("tells two values from one", () => {
    expect(
      isDisputed([
        { value: 1, side: "a" },
        { value: 1, side: "b" },
      ]),
    ).toBe(false)
    expect(
      isDisputed([
        { value: 1, side: "a" },
        { value: 2, side: "a" },
      ]),
    ).toBe(true)
  })
})
