/** How each byte of an output came to be: the plan of the volume, clipped to the output, with the losses over it. */
import {
  type Extent,
  endOf,
  extent,
  extentBetween,
  intersect,
  mergeExtents,
  subtractExtents,
} from "../extents/extent.ts"
import { RANGE_STATES, type Range, type RangeState } from "./document.ts"

export interface PlannedRun extends Extent {
  readonly kind: "plain" | "encrypted" | "relocated" | "zeroed" | "unreadable"
  readonly stored?: "plain" | "encrypted"
}

/**
 * @param output the part of the volume that was written, in positions of the volume
 * @param unreadable what it lacks, in positions of the output
 */
export function rangesOf(
  runs: readonly PlannedRun[],
  output: Extent,
  unreadable: readonly Extent[],
): Range[] {
  const lost = mergeExtents(unreadable)
  const ranges: Range[] = lost.map((e) => ({ state: "lost", ...e }))
  let firstLoss = 0
  for (const run of runs) {
    const own = intersect(run, output)
    if (own.length === 0) continue
    const inOutput = extent(own.start - output.start, own.length)
    // Both lists are sorted: losses before this run are before all later ones.
    while (firstLoss < lost.length && endOf(lost[firstLoss]!) <= inOutput.start) firstLoss++
    let pastLoss = firstLoss
    while (pastLoss < lost.length && lost[pastLoss]!.start < endOf(inOutput)) pastLoss++
    const state = stateOf(run)
    ranges.push(...subtractExtents(inOutput, lost.slice(firstLoss, pastLoss)).map((e) => ({ state, ...e })))
  }
  return joinEqual(ranges.sort((a, b) => a.start - b.start))
}

export function totalsOf(ranges: readonly Range[]): Record<RangeState, number> {
  const totals = Object.fromEntries(RANGE_STATES.map((state) => [state, 0])) as Record<RangeState, number>
  for (const { state, length } of ranges) totals[state] += length
  return totals
}

function stateOf({ kind, stored }: PlannedRun): RangeState {
  if (kind === "zeroed") return "structure"
  if (kind === "unreadable") return "lost"
  return kind === "plain" || stored === "plain" ? "plain" : "decrypted"
}

function joinEqual(ranges: readonly Range[]): Range[] {
  const joined: Range[] = []
  for (const range of ranges) {
    const last = joined.at(-1)
    if (last?.state === range.state && endOf(last) === range.start) {
      joined[joined.length - 1] = { state: last.state, ...extentBetween(last.start, endOf(range)) }
    } else joined.push(range)
  }
  return joined
}
