/**
 * The last word on the metadata, when the volume is open. The CRC-32 says that a block is as somebody wrote it, the seal
 * under the VMK that the holder of the key did. So a copy that was changed and given a right CRC-32 again is found out here,
 * and so is a combination of damaged copies whose CRC-32 was lost.
 */
import { equalBytes } from "../bytes/compare.ts"
import type { Crypto } from "../crypto/crypto.ts"
import type { Secret } from "../crypto/secret.ts"
import { hex } from "../extents/extent.ts"
import type { Finding } from "../findings.ts"
import {
  type FoundProtector,
  type MetadataBlock,
  type VolumeKeys,
  listSources,
  readCcmBox,
  readKey,
  readKeyProtectors,
} from "../fve/index.ts"
import { type Account, accountOfDamaged, accountOfProven, withOldConversion } from "./account.ts"
import { doubtFindings } from "./doubts.ts"
import { type Candidate, isSameBlock, nonceCounterOf } from "./intact-blocks.ts"
import { type JudgedCopy, judgeCopies } from "./judge-copies.ts"
import { type Reconciled, combinationFindings } from "./reconcile.ts"
import { type Seal, findSealed, isOfKey, openSeals } from "./seals.ts"
import { type Witnesses, newerThan } from "./witnesses.ts"

export interface Settled {
  readonly block?: MetadataBlock
  /** `hash`: a holder of the key wrote the block. `crc`: it is intact, and nothing tells who wrote it. */
  readonly proof: "hash" | "crc" | "none"
  readonly account?: Account
  readonly judged: readonly JudgedCopy[]
  readonly findings: readonly Finding[]
}

/**
 * @param keys absent when nothing on the volume is encrypted
 * @param openedBy the key protector that gave the keys
 */
export function settle(
  reconciled: Reconciled,
  keys: VolumeKeys | undefined,
  crypto: Crypto,
  openedBy?: FoundProtector,
): Settled {
  const { alternatives, evidence, block, judged } = reconciled
  const vmk = keys?.vmk
  const witnesses = vmk ? acquit(reconciled.witnesses, vmk, crypto) : reconciled.witnesses
  const seals = vmk ? openSeals(witnesses.own, vmk, crypto) : []
  const known = { ...reconciled, witnesses }
  const sealed = firstSealed(seals, known, crypto)
  if (sealed) return settleSealed(sealed, seals[0]!, known, openedBy)
  const isRefuted = seals.length > 0 || isRefutedInClear(block, crypto)
  // Every block has a seal, so that one that is gone is damage, and the CRC-32 beside it may be somebody's repair.
  const isDoubted = isRefuted || vmk !== undefined
  const account = isDoubted ? accountOfDamaged(witnesses.own, evidence) : reconciled.account
  const verdict = isRefuted ? wrongHash(block, seals[0]?.infoSize) : unverified(block, keys)
  return {
    ...(block && { block }),
    ...(account && { account }),
    proof: isDoubted ? "none" : reconciled.proof,
    judged,
    findings: [
      verdict,
      ...outdatedProtector(alternatives[0], openedBy),
      ...doubtFindings(account?.doubts ?? []),
    ],
  }
}

/** What was taken for another volume's, and has this volume's key in it. */
function acquit({ own, foreign }: Witnesses, vmk: Secret, crypto: Crypto): Witnesses {
  const related = foreign.filter((witness) => isOfKey(witness, vmk, crypto))
  return { own: [...own, ...related], foreign: foreign.filter((witness) => !related.includes(witness)) }
}

function firstSealed(
  seals: readonly Seal[],
  { alternatives, witnesses, evidence }: Reconciled,
  crypto: Crypto,
): Candidate | undefined {
  for (const seal of seals) {
    const sealed = findSealed(seal, alternatives, witnesses.own, evidence, crypto)
    if (sealed) return sealed
  }
  return undefined
}

function settleSealed(
  sealed: Candidate,
  newest: Seal,
  { witnesses, evidence, alternatives, block: before }: Reconciled,
  openedBy: FoundProtector | undefined,
): Settled {
  const { block } = sealed
  const newer = newerThan(block, witnesses.own)
  const isOutdated = newest.nonceCounter > nonceCounterOf(sealed) || newer.length > 0
  const known = accountOfProven(block, evidence)
  // What a holder of the key wrote does not contradict itself: only what it leaves out is in doubt.
  const proven = {
    ...known,
    doubts: known.doubts.filter(({ field }) => field === "sectorSize" && !known.facts.sectorSize),
  }
  const account = isOutdated ? withOldConversion(proven, newer) : proven
  const isNews = before !== undefined && !isSameBlock(before, block)
  return {
    block,
    proof: "hash",
    account,
    judged: judgeCopies(witnesses, { proven: sealed, isHashed: true }),
    findings: [
      RIGHT_HASH,
      ...(isNews ? combinationFindings(sealed) : []),
      ...alternatives.flatMap((other) => changedFinding(other, sealed)),
      ...(isOutdated ? [OUTDATED] : []),
      ...outdatedProtector(sealed, openedBy),
      ...doubtFindings(account.doubts),
    ],
  }
}

/** Of a volume without a VMK the hash stands in the clear: no proof of its author, but a second checksum. */
function isRefutedInClear(block: MetadataBlock | undefined, crypto: Crypto): boolean {
  const datum = block?.validation?.hash
  const expected = datum && readKey(datum)?.key
  return (
    expected !== undefined && !equalBytes(expected, crypto.sha256(block!.bytes.subarray(0, block!.infoSize)))
  )
}

const RIGHT_HASH: Finding = {
  code: "metadata-hash-right",
  severity: "good",
  text: "the metadata was written by a holder of the volume's key: its SHA-256 verifies",
}

const OUTDATED: Finding = {
  code: "metadata-outdated",
  severity: "damage",
  text: "only an older generation of the metadata is intact: how far the volume is encrypted may have changed since",
}

function unverified(block: MetadataBlock | undefined, keys: VolumeKeys | undefined): Finding {
  const datum = block?.validation?.hash
  if (datum && readKey(datum)) return RIGHT_HASH
  if (datum && readCcmBox(datum) && !keys?.vmk) {
    const text =
      "the SHA-256 of the metadata cannot be checked: it is wrapped by the VMK, which was not given"
    return { code: "metadata-hash-unverified", severity: "notice", text }
  }
  const text = "the SHA-256 of the metadata is missing or damaged: it cannot be told who wrote it"
  return { code: "metadata-hash-lost", severity: "damage", text }
}

function wrongHash(block: MetadataBlock | undefined, infoSize = block?.infoSize ?? 0): Finding {
  const what = block?.crc === "right" ? "they were changed without the volume's key" : "they are damaged"
  return {
    code: "metadata-hash-wrong",
    severity: "damage",
    text: `the SHA-256 of the metadata's first ${hex(infoSize)} bytes is wrong: ${what}`,
  }
}

function changedFinding(other: Candidate, sealed: Candidate): Finding[] {
  const isGenuine = isSameBlock(other.block, sealed.block) || nonceCounterOf(other) < nonceCounterOf(sealed)
  if (isGenuine || other.from.length === 0) return []
  return [
    {
      code: "metadata-copy-changed",
      severity: "damage",
      text: `changed without the volume's key: ${listSources(other.from)}, whose CRC-32 verifies and whose SHA-256 does not`,
      evidence: { copies: other.from },
    },
  ]
}

function outdatedProtector(proven: Candidate | undefined, openedBy: FoundProtector | undefined): Finding[] {
  if (!proven || !openedBy || openedBy.mayBeForeign) return []
  const current = readKeyProtectors(proven.block.dataset).flatMap(({ wrappedVmk }) => wrappedVmk)
  const isCurrent = openedBy.wrappedVmk.some((box) => current.some(({ tag }) => equalBytes(tag, box.tag)))
  if (isCurrent) return []
  return [
    {
      code: "key-protector-outdated",
      severity: "notice",
      text: `the key fits an older generation of the metadata (${listSources(openedBy.from)}): the volume has since lost or changed the key protector ${openedBy.id}`,
      evidence: { protectorId: openedBy.id },
    },
  ]
}
