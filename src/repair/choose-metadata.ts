/**
 * Which metadata copy a volume is read with: a pure judgement over all of them that keeps its reasons. Proof decides, never
 * the majority: on a real volume two copies carry the same damage and outvote the good one.
 */
import { hex } from "../extents/extent.ts"
import type { MetadataBlock, MetadataCopy } from "../fve/index.ts"

export type CopyHealth = "intact" | "damaged" | "missing" | "unreadable"

export interface JudgedCopy {
  readonly copy: MetadataCopy
  readonly health: CopyHealth
  readonly chosen: boolean
  /** One sentence for a person. */
  readonly reason: string
}

/** The judged copies in slot order. At most one is chosen; none when no copy can be parsed. */
export function chooseMetadata(copies: readonly MetadataCopy[]): JudgedCopy[] {
  const best = copies
    .filter((copy): copy is MetadataCopy & { block: MetadataBlock } => copy.block !== undefined)
    .sort(
      (a, b) => rank(b.block) - rank(a.block) || generation(b.block) - generation(a.block) || a.copy - b.copy,
    )
    .at(0)
  return copies.map((copy) => ({
    copy,
    health: healthOf(copy),
    chosen: copy === best,
    reason: reasonFor(copy, best),
  }))
}

/** CRC right, then a plausible validation block, then datums that tile their dataset, then a header alone. */
function rank({ crc, findings }: MetadataBlock): number {
  if (crc === "right") return 3
  const tiles = !findings.some(({ code }) => code === "datum-broken")
  if (crc === "wrong" && tiles) return 2
  return tiles ? 1 : 0
}

/** Grows with every change of the metadata. */
function generation({ dataset }: MetadataBlock): number {
  return dataset.header.nonceCounter
}

function healthOf({ block, unreadable }: MetadataCopy): CopyHealth {
  if (block) return block.crc === "right" ? "intact" : "damaged"
  return unreadable.length > 0 ? "unreadable" : "missing"
}

function reasonFor(copy: MetadataCopy, best: MetadataCopy | undefined): string {
  const { block } = copy
  if (!block) {
    return copy.unreadable.length > 0
      ? `the place at ${hex(copy.offset)} cannot be read or lies beyond the end of the input`
      : `no metadata block at ${hex(copy.offset)}`
  }
  const integrity = {
    right: "CRC-32 verifies",
    wrong: "CRC-32 is wrong",
    missing: "its validation block is missing",
  }[block.crc]
  if (!best?.block || copy === best) return integrity
  const stale = generation(block) < generation(best.block)
  return stale ? `${integrity}, but copy ${best.copy} is newer` : integrity
}
