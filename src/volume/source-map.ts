/**
 * The map of an output, told in positions of the input that it was read from: the plan's inverse. What the plan reads
 * nowhere (metadata, what lies outside of the volume) stays untried there.
 */
import { extent, intersect } from "../extents/extent.ts"
import { ExtentMap, Status } from "../extents/extent-map.ts"
import { type VolumePlan, planRead, storedAt } from "./volume-plan.ts"

export interface OutputOrigin {
  readonly plan: VolumePlan
  /** Position in the volume of the output's first byte. */
  readonly start: number
  /** Position in the input of the volume's first byte; negative where the input begins inside the volume. */
  readonly volumeStart: number
  readonly inputSize: number
}

export function sourceMapOf(
  outputMap: ExtentMap,
  { plan, start, volumeStart, inputSize }: OutputOrigin,
): ExtentMap {
  const sourceMap = new ExtentMap(inputSize)
  for (const block of outputMap) {
    if (block.status === Status.nonTried) continue
    for (const run of planRead(plan, extent(start + block.start, block.length))) {
      const from = storedAt(run)
      if (from === undefined) continue
      const stored = intersect(extent(volumeStart + from, run.extent.length), extent(0, inputSize))
      if (stored.length > 0) sourceMap.set(stored, block.status)
    }
  }
  return sourceMap
}
