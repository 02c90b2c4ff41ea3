/**
 * One account out of differently damaged copies, before any key: pure, and with a reason for every decision. Proof ranks,
 * never the majority, since on a real volume two copies carried the same damage and outvoted the good one:
 *
 *   CRC-32 right, newest generation first > a combination of copies with a right CRC-32 > what structure and agreement
 *   between independent fields make sure > the rest, which is doubtful
 *
 * `settle` judges once more when the volume is open: only the SHA-256 under the VMK tells a copy that was changed and given
 * a right CRC-32 again.
 */
import type { Finding } from "../findings.ts"
import { hexRange } from "../extents/extent.ts"
import { type KeyMaterial, type MetadataBlock, listSources } from "../fve/index.ts"
import {
  type Account,
  accountOfContested,
  accountOfDamaged,
  accountOfProven,
  withOldConversion,
} from "./account.ts"
import { TOGETHER, fittingPackages, gatherMaterial } from "./gather-material.ts"
import { type Candidate, findIntactBlocks, nonceCounterOf } from "./intact-blocks.ts"
import { type JudgedCopy, judgeCopies } from "./judge-copies.ts"
import { isBroken } from "./salvage-block.ts"
import {
  type MetadataEvidence,
  type Witness,
  type Witnesses,
  callWitnesses,
  newerThan,
  packageName,
} from "./witnesses.ts"

export interface Reconciled {
  /** What the volume is read with: a copy, a combination, or the best of what is damaged. */
  readonly block?: MetadataBlock
  /** `crc`: one block, and one only of its generation, has a right CRC-32. */
  readonly proof: "crc" | "none"
  readonly account?: Account
  readonly judged: readonly JudgedCopy[]
  readonly material: KeyMaterial
  /** Every block with a right CRC-32, newest first: for the SHA-256 to choose from. */
  readonly alternatives: readonly Candidate[]
  readonly findings: readonly Finding[]
  readonly evidence: MetadataEvidence
  readonly witnesses: Witnesses
}

export function reconcile(evidence: MetadataEvidence): Reconciled {
  const called = callWitnesses(evidence)
  const alternatives = findIntactBlocks(called.own, evidence)
  const newest = alternatives.filter((other) => nonceCounterOf(other) === nonceCounterOf(alternatives[0]!))
  const own = byProof(called.own)
  const witnesses = { own, foreign: called.foreign }
  const proven = alternatives.at(0)
  const best = own.find(({ block }) => block !== undefined)
  const block = proven?.block ?? best?.block
  const account = accountFor(newest, own, evidence)
  return {
    ...(block && { block }),
    ...(account && { account }),
    proof: newest.length === 1 ? "crc" : "none",
    judged: judgeCopies(witnesses, { ...(proven && { proven }), ...(best && { best }) }),
    material: gatherMaterial(witnesses, alternatives, evidence),
    alternatives,
    findings: [
      ...foreignFindings(witnesses, evidence),
      ...(proven ? combinationFindings(proven) : []),
      ...(newest.length > 1 ? [contestedFinding(newest)] : []),
      ...(block && !proven ? [unprovenFinding(block)] : []),
      ...(block?.findings ?? []),
    ],
    evidence,
    witnesses,
  }
}

/** @param newest the blocks with a right CRC-32, of one generation */
function accountFor(
  newest: readonly Candidate[],
  own: readonly Witness[],
  evidence: MetadataEvidence,
): Account | undefined {
  const [proven, ...others] = newest
  if (!proven) return accountOfDamaged(own, evidence)
  if (others.length > 0) return accountOfContested(newest, own, evidence)
  const newer = newerThan(proven.block, own)
  const account = accountOfProven(proven.block, evidence)
  return newer.length > 0 ? withOldConversion(account, newer) : account
}

/** Those with a right CRC first, newest first; then those whose datums tile, then what has datums at all. */
function byProof(own: readonly Witness[]): Witness[] {
  const rank = ({ block }: Witness): number => {
    if (!block) return 0
    if (block.crc === "right") return 4
    return isBroken(block) ? 1 : block.crc === "wrong" ? 3 : 2
  }
  const counter = ({ block }: Witness): number =>
    block?.crc === "right" ? block.dataset.header.nonceCounter : 0
  return [...own].sort((a, b) => rank(b) - rank(a) || counter(b) - counter(a))
}

function foreignFindings({ own, foreign }: Witnesses, { packages = [] }: MetadataEvidence): Finding[] {
  const [best] = own
  const provenBest = best?.block?.crc === "right" ? { block: best.block, from: [], parts: [] } : undefined
  const wrong = fittingPackages(own, provenBest, packages).foreign
  return [
    ...foreign.map(({ name, block }): Finding => {
      const { id } = block!.dataset.header
      return {
        code: "metadata-of-another-volume",
        severity: "notice",
        text: `${name} belongs to another volume (${id}): it is left out`,
        evidence: { volumeId: id },
      }
    }),
    ...wrong.map((one): Finding => ({
      code: "key-package-of-another-volume",
      severity: "notice",
      text: `${packageName(packages.indexOf(one))} belongs to another volume (${one.volumeId}): it is left out`,
      evidence: { volumeId: one.volumeId ?? "" },
    })),
  ]
}

export function combinationFindings({ from, parts }: Candidate): Finding[] {
  if (from.length > 0) return []
  const pieces = parts.map((part) => `${hexRange(part.extent)} as in ${part.from[0]}`)
  return [
    {
      code: "metadata-combined",
      severity: "notice",
      text: `no metadata copy is intact, but an intact one can be put together: ${pieces.join("; ")}`,
      evidence: { pieces },
    },
  ]
}

function contestedFinding(newest: readonly Candidate[]): Finding {
  const names = newest.flatMap(({ from }) => (from.length > 0 ? from : [TOGETHER]))
  return {
    code: "metadata-contested",
    severity: "damage",
    text: `${listSources(names)} differ, though the CRC-32 of each verifies: all but one were changed afterwards, and only the volume's key can tell which`,
    evidence: { copies: names },
  }
}

function unprovenFinding({ crc }: MetadataBlock): Finding {
  return {
    code: "metadata-unproven",
    severity: "damage",
    text: "no metadata copy is intact, and no combination of them is: what they say is taken field by field",
    evidence: { crc },
  }
}
