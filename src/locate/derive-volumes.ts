/**
 * From traces to volumes: pure, so that a scan, a look at the usual places and a test give the same answer to the same traces.
 * Each volume comes with its start, which may lie before the source, with its reasons, and with what may be true instead.
 */
import type { Extent } from "../extents/extent.ts"
import type { Trace } from "../fve/index.ts"
import type { PartitionTable } from "../partition/index.ts"
import { draftVolumes } from "./drafts.ts"
import { draftsFromStrays } from "./drafts-from-strays.ts"
import { surveyGround } from "./ground.ts"
import { placeVolume } from "./place-volume.ts"
import { rankDrafts } from "./rank-drafts.ts"
import type { VolumePlace } from "./volume-place.ts"

/**
 * What is there now by place; then earlier volumes; then those that lie inside another one.
 * @param unreadable where a structure may be that nobody could see
 */
export function deriveVolumes(
  traces: readonly Trace[],
  tables: readonly PartitionTable[],
  sourceSize: number,
  unreadable: readonly Extent[] = [],
): VolumePlace[] {
  const ground = surveyGround(traces, tables, sourceSize, unreadable)
  const drafts = draftVolumes(ground)
  const ranked = rankDrafts([...drafts, ...draftsFromStrays(ground, drafts)], ground)
  const starts = ranked.filter(({ standing }) => standing === "current").map(({ draft }) => draft.start)
  return ranked.map((one) => {
    const nextStart = Math.min(...starts.filter((start) => start > one.draft.start))
    return placeVolume(one, ground, nextStart)
  })
}
