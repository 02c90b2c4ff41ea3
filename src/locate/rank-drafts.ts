/**
 * Which volumes are there now, and which are remains. A disk that was encrypted before, or that holds the file of a virtual
 * disk, has traces of several volumes in the same bytes; they are told apart by place and date and never mixed. Nothing is
 * thrown away: what looks like remains may be the volume that somebody asks for.
 */
import { type Extent, contains, extent, overlaps } from "../extents/extent.ts"
import { AREA_SIZE } from "../fve/index.ts"
import type { Draft } from "./drafts.ts"
import type { Ground } from "./ground.ts"
import { CERTAIN_SUPPORT } from "./start-hypotheses.ts"
import type { Standing } from "./volume-place.ts"

export interface RankedDraft {
  readonly draft: Draft
  readonly standing: Standing
}

/** What is there now by place, then what was there before and what lies inside, the newest and most complete first. */
export function rankDrafts(drafts: readonly Draft[], ground: Ground): RankedDraft[] {
  const ranked: RankedDraft[] = []
  for (const draft of [...drafts].sort((a, b) => compareDrafts(a, b, ground))) {
    const current = ranked.filter(({ standing }) => standing === "current").map(({ draft }) => draft)
    ranked.push({ draft, standing: standingAmong(current, draft, ground) })
  }
  const byStanding = (standing: Standing): RankedDraft[] => ranked.filter((one) => one.standing === standing)
  const inPlace = byStanding("current").sort((a, b) => a.draft.start - b.draft.start)
  return [...inPlace, ...byStanding("earlier"), ...byStanding("foreign")]
}

/**
 * A volume that a table names goes before one that only its traces suggest. Of two that overlap, the one that starts first is
 * rather the disk and the other one a file on it; at one start the boot sector tells, then the dates.
 */
function compareDrafts(a: Draft, b: Draft, ground: Ground): number {
  return (
    Number(isCertain(b)) - Number(isCertain(a)) ||
    Number(hasOwnPlace(b, ground)) - Number(hasOwnPlace(a, ground)) ||
    a.start - b.start ||
    Number(isNamedByBootSector(b)) - Number(isNamedByBootSector(a)) ||
    lastChange(b).localeCompare(lastChange(a)) ||
    generationNumber(b) - generationNumber(a) ||
    copyCount(b) - copyCount(a)
  )
}

function isCertain({ support }: Draft): boolean {
  return support >= CERTAIN_SUPPORT
}

/** A partition that starts there and has room for it, or the whole input. */
function hasOwnPlace({ start, size = 0 }: Draft, { partitions, sourceSize }: Ground): boolean {
  const partition = partitions.get(start)
  if (partition) return size <= partition.extent.length
  return start === 0 && partitions.size === 0 && size <= sourceSize
}

function isNamedByBootSector({ boot, generation }: Draft): boolean {
  const named = boot?.boot?.metadataOffsets ?? []
  return named.length > 0 && named.every((offset, slot) => offset === generation?.copyOffsets[slot])
}

function lastChange({ generation }: Draft): string {
  return generation?.best.changed ?? ""
}

function generationNumber({ generation }: Draft): number {
  return generation?.best.nonceCounter ?? 0
}

function copyCount({ slots }: Draft): number {
  return slots.filter((block) => block !== undefined).length
}

function standingAmong(current: readonly Draft[], draft: Draft, ground: Ground): Standing {
  const better = current.find((other) => overlaps(spanOf(other, ground), spanOf(draft, ground)))
  if (better) return draft.start > better.start ? "foreign" : "earlier"
  // Of a start that is a guess nothing follows: where the remains themselves lie, counts.
  const liesInside = current.some((other) => draft.remains.some((at) => contains(spanOf(other, ground), at)))
  return liesInside && !isCertain(draft) ? "foreign" : "current"
}

/** What it is known to take: to its end where that is known, else to the end of its last copy. */
function spanOf({ start, size, generation, boot, slots }: Draft, { partitions }: Ground): Extent {
  const offsets = generation?.copyOffsets ?? boot?.boot?.metadataOffsets ?? []
  const lastCopy = Math.max(0, ...offsets.filter((_, slot) => slots[slot])) + AREA_SIZE
  const partition = partitions.get(start)
  return extent(start, partition ? Math.min(partition.extent.length, size ?? Infinity) : (size ?? lastCopy))
}
