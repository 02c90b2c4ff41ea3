/** From a mistyped recovery password to the one that was meant: is it among the candidates, and how early? */
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { LARGEST_SEARCH, type SearchPlan, planSearch } from "../../src/clinic/index.ts"
import { formatRecoveryPassword } from "../../src/credential/index.ts"

const MEANT = "110011-220022-330033-440044-550055-660066-000011-123453"
/** All that one unknown group can be. */
const VALUES = 65_536

function search(text: string, thorough = false): SearchPlan {
  const plan = planSearch(text, { thorough })
  if (plan.kind !== "search") throw new Error(`${plan.kind}: ${plan.candidateCount}`)
  return plan
}

/** Candidates before the right one. */
function rankOf(meant: string, plan: SearchPlan): number {
  let rank = 0
  for (const key16 of plan.candidates()) {
    if (formatRecoveryPassword(key16) === meant) return rank
    rank++
  }
  return Infinity
}

describe("the recovery password that was meant", () => {
  it.each([
    ["as it was typed", MEANT, 1],
    ["one digit for another", MEANT.replace("220022", "220032"), 10],
    ["letters for digits", MEANT.replace("110011", "11OOl1"), 10],
    ["letters for digits in two groups", MEANT.replace("110011", "11OO11").replace("550055", "SS0055"), 10],
    ["neighbours exchanged", MEANT.replace("440044", "404044"), 20],
    ["a digit left out", MEANT.replace("440044", "44044"), 10],
    ["a digit too many", MEANT.replace("440044", "4400448"), 20],
    ["a digit left out, without dashes", MEANT.replaceAll("-", "").replace("440044", "44044"), 20],
    ["a digit too many, without dashes", MEANT.replaceAll("-", "").replace("440044", "4470044"), 20],
    ["a dash in the wrong place", MEANT.replace("220022-330033", "22002-2330033"), 10],
    ["two neighbouring groups exchanged", MEANT.replace("220022-330033", "330033-220022"), 20],
    [
      "two groups exchanged",
      MEANT.replace("110011", "x").replace("550055", "110011").replace("x", "550055"),
      300,
    ],
    ["a group in another place", "220022-330033-440044-110011-550055-660066-000011-123453", 1000],
    ["55 for 44, which the check lets pass", MEANT.replace("440044", "550044"), 1000],
    ["a wide exchange, which the check lets pass", MEANT.replace("123453", "321453"), 1000],
    ["two wrong groups", MEANT.replace("110011", "110012").replace("000011", "000021"), 100],
    [
      "three wrong groups",
      MEANT.replace("110011", "110012").replace("330033", "330034").replace("000011", "000021"),
      1000,
    ],
    ["some digits of several groups", MEANT.replace("110011", "11?0?1").replace("330033", "33**33"), 100],
    ["a label before it", `Recovery Key: ${MEANT.replace("0022", "OO22")}`, 10],
    ["digits of another script", MEANT.replace("110011", "١١٠٠١٢"), 10],
  ])("is found early: %s", (_what, typed, early) => {
    expect(rankOf(MEANT, search(typed))).toBeLessThan(early)
  })

  it("is among 65,536 candidates when one whole group is unknown", () => {
    const plan = search(MEANT.replace("440044", "??????"))
    expect(plan).toMatchObject({ candidateCount: VALUES, furtherCount: 0 })
    expect(rankOf(MEANT, plan)).toBe(440044 / 11)
  })

  it("is among eight times as many when nobody knows which group is missing", () => {
    const plan = search(MEANT.replace("440044-", ""))
    expect(plan.candidateCount).toBe(LARGEST_SEARCH)
    expect(rankOf(MEANT, plan)).toBeLessThan(LARGEST_SEARCH)
  })

  it("is found at the end when the wrong group was quite another one", () => {
    expect(rankOf(MEANT, search(MEANT.replace("440044", "999999")))).toBeLessThan(VALUES)
  })

  it("is found by a thorough search when a group is another right one", () => {
    const typed = MEANT.replace("440044", "123453")
    expect(rankOf(MEANT, search(typed))).toBe(Infinity)
    expect(search(typed).furtherCount).toBeGreaterThan(VALUES)
    expect(rankOf(MEANT, search(typed, true))).toBeLessThan(LARGEST_SEARCH)
  })
})

describe("the plan", () => {
  it("names the groups that cannot be right, and none that can", () => {
    const typed = MEANT.replace("220022", "220023").replace("550055", "999999").replace("123453", "12345")
    expect(search(typed).faults).toEqual([
      { group: 2, reason: "not-divisible-by-11" },
      { group: 5, reason: "too-large" },
      { group: 8, reason: "not-six-digits" },
    ])
  })

  it("counts what it will try, never less", () => {
    for (const typed of [MEANT, MEANT.replace("220022", "220032"), MEANT.replace("000011", "0000ll")]) {
      const plan = search(typed)
      const tried = [...plan.candidates()].length
      expect(tried).toBeLessThanOrEqual(plan.candidateCount)
      expect(tried).toBeGreaterThan(0.95 * plan.candidateCount)
    }
  })

  it("gives every candidate once, and in the same order each time", () => {
    const typed = MEANT.replace("220022-330033", "330033-220022")
    const first = [...search(typed).candidates()].map(formatRecoveryPassword)
    expect(new Set(first).size).toBe(first.length)
    expect([...search(typed).candidates()].map(formatRecoveryPassword)).toEqual(first)
  })

  it("refuses what would take years, with the number", () => {
    const typed = MEANT.replace("220022", "??????").replace("550055", "??????")
    expect(planSearch(typed)).toMatchObject({ kind: "too-many", candidateCount: VALUES ** 2 })
  })

  it("refuses a missing group in an unknown place beside a wrong one", () => {
    const typed = MEANT.replace("440044-", "").replace("220022", "220032")
    expect(planSearch(typed).kind).toBe("too-many")
  })

  it.each(["", "no digits", "123456", "1".repeat(40), "1".repeat(60), "-".repeat(48)])(
    "refuses %j, which is no eight groups",
    (text) => {
      expect(planSearch(text).kind).toBe("unreadable")
    },
  )

  it("never fails, whatever is typed, and never searches too long", () => {
    const groups = fc.array(fc.stringMatching(/^[\dOolS?x|]{0,8}$/), { minLength: 5, maxLength: 10 })
    fc.assert(
      fc.property(groups, fc.constantFrom("-", " ", ""), (words, joint) => {
        const plan = planSearch(words.join(joint))
        if (plan.kind !== "search") return
        expect(plan.candidateCount).toBeLessThanOrEqual(LARGEST_SEARCH)
        expect(plan.candidates().next().value).toHaveLength(16)
      }),
      { numRuns: 30 },
    )
  }, 120_000)
})
