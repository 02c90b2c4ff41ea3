/** What a search yields, made in one way by all places. */
import type { Finding } from "../findings.ts"
import { plainText } from "./plain-text.ts"
import { type FoundPassword, findRecoveryPasswords } from "./recovery-passwords.ts"
import type { FoundKey, KeyFacts, PlaceItem } from "./place.ts"

export function candidate({ origin, computer, ...ids }: KeyFacts, key: FoundKey): PlaceItem {
  const shown = {
    origin: forPeople(origin),
    ...(computer !== undefined && { computer: forPeople(computer) }),
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
    finding: { code, severity: "notice", text: forPeople(text), evidence: Object.fromEntries(shown) },
  }
}

function shownEvidence(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(shownEvidence)
  return typeof value === "string" ? forPeople(value) : value
}

/** The name of a directory's entry has some hundred characters; a hostile one has as many as it likes. */
const LONGEST_SHOWN = 1000

/** A file may be named after its key, a column or a member of JSON too, and a row may be shifted by one cell. */
function forPeople(text: string): string {
  // What is cut off is more than a key has, so that no half of one is left.
  const plain = plainText(text.slice(0, 2 * LONGEST_SHOWN))
  const keys = [...findRecoveryPasswords(plain)]
  const starts = [0, ...keys.map(({ end }) => end)]
  const clean =
    keys.length === 0 ? text : starts.map((start, i) => plain.slice(start, keys[i]?.at)).join("<redacted>")
  return clean.length > LONGEST_SHOWN ? `${clean.slice(0, LONGEST_SHOWN)}…` : clean
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
