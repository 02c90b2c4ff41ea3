/** From a ranked draft to the place that jobs work with: where it ends, and which of the other traces belong to it. */
import { contains, extent, hex, intersect } from "../extents/extent.ts"
import { AREA_SIZE, type BlockTrace } from "../fve/index.ts"
import type { Draft } from "./drafts.ts"
import type { Ground } from "./ground.ts"
import type { RankedDraft } from "./rank-drafts.ts"
import type { EowTrace, PlaceTraces, VolumePlace } from "./volume-place.ts"

/** @param nextStart where the next volume starts, for one whose size nobody knows */
export function placeVolume(
  { draft, standing }: RankedDraft,
  ground: Ground,
  nextStart: number,
): VolumePlace {
  const { start, boot, otherStarts } = draft
  const metadataOffsets = offsetsOf(draft)
  const traces = tracesOf(draft, metadataOffsets, ground)
  const known = sizeOf(draft, traces, ground)
  const size = known ?? Math.min(nextStart, ground.sourceSize) - start
  const held = intersect(extent(start, size), extent(0, ground.sourceSize))
  const fullSize = Math.max(size, draft.size ?? 0)
  const found = boot?.at === start ? boot.boot : undefined
  return {
    extent: held,
    ...(fullSize > held.length && { fullSize }),
    ...(known === undefined && { isEndGuessed: true }),
    ...(start < 0 && { missingHead: -start }),
    where: describePlace(start, ground),
    ...(found && { boot: found }),
    metadataOffsets,
    eowOffsets: eowOffsetsOf(draft, traces),
    standing,
    evidence: draft.evidence,
    traces,
    otherStarts,
  }
}

function offsetsOf({ generation, boot, guessedOffsets }: Draft): readonly number[] {
  if (generation && generation.copyOffsets.length > 0) return generation.copyOffsets
  return boot?.boot?.metadataOffsets ?? guessedOffsets ?? []
}

function describePlace(start: number, { partitions }: Ground): string {
  const partition = partitions.get(start)
  if (partition) return partition.where
  if (start === 0) return "the whole input"
  return start > 0 ? `found by search at ${hex(start)}` : "found by search, its head lies before the input"
}

/** By the partition, as the input, or by its own structures. */
function sizeOf({ start, size }: Draft, { eow }: PlaceTraces, ground: Ground): number | undefined {
  const partition = ground.partitions.get(start)
  if (partition) return partition.extent.length
  if (start === 0) return ground.sourceSize
  const log = eow.find((trace) => trace.kind === "conversion-log")
  return size ?? log?.volumeSize
}

function tracesOf(draft: Draft, offsets: readonly number[], ground: Ground): PlaceTraces {
  const { slots, boot, toGoBackup } = draft
  const isCopy = (block: BlockTrace | undefined): block is BlockTrace => block !== undefined
  return {
    ...(boot && { boot }),
    ...(toGoBackup && { toGoBackup }),
    copies: slots.flatMap((block, slot) => (isCopy(block) ? [{ copy: slot + 1, trace: block }] : [])),
    eow: eowTracesOf(draft.start, ground),
    strays: ground.datums.filter(({ at }) =>
      offsets.some((offset, slot) => !slots[slot] && contains(extent(draft.start + offset, AREA_SIZE), at)),
    ),
  }
}

/** Each conversion log starts that far behind its bitmap, on all volumes seen. */
const LOG_BEHIND_BITMAP = 0x1000

/** Other volumes' blocks may lie inside this one: only those count that name their own place counted from this start. */
function eowTracesOf(start: number, { eowInfos, eowBitmaps, conversionLogs }: Ground): EowTrace[] {
  const infos = eowInfos.filter(({ at, copyOffsets }) => copyOffsets.includes(at - start))
  const bitmaps = eowBitmaps.filter(
    ({ at, logOffset }) =>
      (logOffset !== undefined && at - start === logOffset - LOG_BEHIND_BITMAP) ||
      infos.some(({ bitmapOffsets }) => bitmapOffsets.includes(at - start)),
  )
  const logs = conversionLogs.filter(({ at }) => bitmaps.some(({ logOffset }) => logOffset === at - start))
  return [...infos, ...bitmaps, ...logs].sort((a, b) => a.at - b.at)
}

/** A boot sector that is there tells whether a conversion is going on; without it, the blocks themselves do. */
function eowOffsetsOf({ boot, generation }: Draft, { eow }: PlaceTraces): readonly number[] {
  const found = boot?.boot
  if (
    found &&
    (!generation || found.metadataOffsets.every((offset) => generation.copyOffsets.includes(offset)))
  ) {
    return found.eowOffsets
  }
  const info = eow.find((trace) => trace.kind === "eow-info" && trace.crc === "right")
  return info?.kind === "eow-info" ? info.copyOffsets : []
}
