/** What a search yields, made in one way by all places. */
import type { Finding } from "../findings.ts"
import type { FoundPassword } from "./recovery-passwords.ts"
import type { FoundKey, KeyFacts, PlaceItem } from "./place.ts"

export function candidate(facts: KeyFacts, key: FoundKey): PlaceItem {
  return { type: "candidate", candidate: { ...facts, ...key } }
}

/** @param text completes the sentence with its origin: "x.csv, row 3: …" */
export function finding(
  code: string,
  text: string,
  evidence: NonNullable<Finding["evidence"]> = {},
): PlaceItem {
  return { type: "finding", finding: { code, severity: "notice", text, evidence } }
}

export function passwordItem(found: FoundPassword, facts: KeyFacts): PlaceItem {
  if ("credential" in found) {
    return candidate(facts, { kind: "recovery-password", credential: found.credential })
  }
  const { origin, protectorId } = facts
  const numbers = found.faults.map(({ group }) => group)
  const groups = numbers.length === 1 ? `group ${numbers[0]}` : `groups ${numbers.join(" and ")}`
  const keyId = protectorId ? ` of the key ID ${protectorId}` : ""
  return finding(
    "recovery-password-malformed",
    `${origin}: the recovery password${keyId} cannot be right: look at ${groups}`,
    {
      ...(protectorId && { protectorId }),
      groups: found.faults.map(({ group, reason }) => ({ group, reason })),
    },
  )
}
