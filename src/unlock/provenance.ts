/** Which of several versions was the right one, in words: "FVEK taken from copy 2: its tag verifies; copies 1 and 3 fail". */
import type { Finding } from "../findings.ts"
import { type FoundFvek, type FoundProtector, type KeyMaterial, listSources } from "../fve/index.ts"

/**
 * Nothing to say where every source has one that opens.
 * @param right those that the VMK opens, the one that was taken first
 */
export function fvekFinding(right: readonly FoundFvek[], { fveks, sources }: KeyMaterial): Finding[] {
  const from = right[0]?.from ?? []
  const others = sources.filter((name) => !right.some((box) => box.from.includes(name)))
  const wrong = others.filter((name) => fveks.some((other) => other.from.includes(name)))
  const without = others.filter((name) => !wrong.includes(name))
  const rest = [...said(wrong, "fails", "fail"), ...said(without, "has none", "have none")]
  if (rest.length === 0) return []
  return [
    {
      code: "fvek-chosen",
      severity: "notice",
      text: `FVEK taken from ${listSources(from)}: its tag verifies; ${rest.join(", ")}`,
      evidence: { from, wrong, without },
    },
  ]
}

/** @param failed the same key protector, in the versions that the key does not open */
export function protectorFinding({ id, from }: FoundProtector, failed: readonly FoundProtector[]): Finding[] {
  const wrong = failed.flatMap((version) => version.from)
  if (wrong.length === 0) return []
  return [
    {
      code: "vmk-chosen",
      severity: "notice",
      text: `VMK taken from the key protector ${id} as in ${listSources(from)}: its tag verifies; ${said(wrong, "fails", "fail").join("")}`,
      evidence: { protectorId: id, from, wrong },
    },
  ]
}

function said(names: readonly string[], one: string, many: string): string[] {
  return names.length === 0 ? [] : [`${listSources(names)} ${names.length === 1 ? one : many}`]
}
