/** What a search yields, made in one way by all places. */
import type { Finding } from "../findings.ts"
import { plainText } from "./plain-text.ts"
import { type FoundPassword, findRecoveryPasswords } from "./recovery-passwords.ts"
import type { FoundKey, KeyFacts, PlaceItem } from "./place.ts"

export function candidate({ origin, computer, ...ids }: KeyFacts, key: FoundKey): PlaceItem {
  const shown = {
    origin: withoutKeys(origin),
    ...(computer !== undefined && { computer: withoutKeys(computer) }),
  }
  return { type: "candidate", candidate: { ...ids, ...shown, ...key } }
}

/** @param text completes the sentence with its origin: "x.csv, row 3: …" */
export function finding(
  code: string,
  text: string,
  evidence: NonNullable<Finding["evidence"]> = {},
): PlaceItem {
  const shown = Object.entries(evidence).map(([name, value]) => [name, shownEvidence(value)])
  return {
    type: "finding",
    finding: { code, severity: "notice", text: withoutKeys(text), evidence: Object.fromEntries(shown) },
  }
}

function shownEvidence(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(shownEvidence)
  return typeof value === "string" ? withoutKeys(value) : value
}

/** A file may be named after its key, a column or a member of JSON too, and a row may be shifted by one cell. */
function withoutKeys(text: string): string {
  const plain = plainText(text)
  const keys = [...findRecoveryPasswords(plain)]
  if (keys.length === 0) return text
  const starts = [0, ...keys.map(({ end }) => end)]
  return starts.map((start, i) => plain.slice(start, keys[i]?.at)).join("<redacted>")
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
