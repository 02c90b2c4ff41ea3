/**
 * A plan for a source of which parts are known to be missing: an image that was begun too late, or that an earlier tool could
 * not read everywhere. What is stored there becomes unreadable by plan, so that nobody tries to read it.
 */
import {
  type Extent,
  alignDown,
  alignUp,
  endOf,
  extent,
  extentBetween,
  intersect,
  mergeExtents,
  subtractExtents,
} from "../extents/extent.ts"
import { type Run, type VolumePlan, clipRun, isStoredEncrypted, storedAt } from "./volume-plan.ts"

/** @param missing in positions of the volume as it is stored; may reach beyond it */
export function loseStored(plan: VolumePlan, missing: readonly Extent[]): VolumePlan {
  const gaps = mergeExtents(missing)
  if (gaps.length === 0) return plan
  return { ...plan, runs: plan.runs.flatMap((run) => loseIn(run, gaps, plan.sectorSize)) }
}

function loseIn(run: Run, gaps: readonly Extent[], sectorSize: number): Run[] {
  const from = storedAt(run)
  if (from === undefined) return [run]
  const stored = extent(from, run.extent.length)
  // A sector that is encrypted is lost with any part of it.
  const unit = isStoredEncrypted(run) ? sectorSize : 1
  const lost = gaps
    .map((gap) => intersect(gap, stored))
    .filter((gap) => gap.length > 0)
    .map((gap) => extent(gap.start - from + run.extent.start, gap.length))
    .map((gap) => intersect(extentBetween(alignDown(gap.start, unit), alignUp(endOf(gap), unit)), run.extent))
  const kept = subtractExtents(run.extent, lost).map((e) => clipRun(run, e))
  const unreadable = mergeExtents(lost).map((e): Run => ({ kind: "unreadable", extent: e }))
  return [...kept, ...unreadable].sort((a, b) => a.extent.start - b.extent.start)
}
