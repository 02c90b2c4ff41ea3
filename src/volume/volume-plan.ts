/**
 * The plan of a volume: for every byte of the plaintext volume, where it is stored and how. A plan is data: the lanes
 * execute it, `--dry-run` prints it, tests compare it.
 */
import { type Extent, contains, endOf } from "../extents/extent.ts"
import type { EncryptionMethod } from "../crypto/method.ts"

/** How a part of the volume is stored. The position that makes the tweaks is always the one where a sector is stored. */
export type Run =
  /** In its own place. */
  | { readonly kind: "plain" | "encrypted"; readonly extent: Extent }
  /** The volume's head: stored from `from` on. */
  | {
      readonly kind: "relocated"
      readonly extent: Extent
      readonly from: number
      readonly stored: "plain" | "encrypted"
    }
  /** Reads as zeros (metadata copies, the head's backup, …), or can be read by nobody (beyond the end of the image). */
  | { readonly kind: "zeroed" | "unreadable"; readonly extent: Extent }
export type RunKind = Run["kind"]

/** Bytes that the volume shows in place of those that are stored, such as the fields of Vista's boot sector. */
export interface Substitution {
  readonly at: number
  readonly bytes: Uint8Array
}

export interface VolumePlan {
  /** Bytes in the plaintext volume. */
  readonly size: number
  readonly sectorSize: number
  /** Absent when nothing on the volume is encrypted. */
  readonly method?: EncryptionMethod
  /** Sorted, and tiling `[0, size)` in whole sectors. */
  readonly runs: readonly Run[]
  readonly substitutions: readonly Substitution[]
}

/** Where the first byte of the run is stored; `undefined` when it is stored nowhere. */
export function storedAt(run: Run): number | undefined {
  if (run.kind === "relocated") return run.from
  return run.kind === "plain" || run.kind === "encrypted" ? run.extent.start : undefined
}

export function isStoredEncrypted(run: Run): boolean {
  return run.kind === "encrypted" || (run.kind === "relocated" && run.stored === "encrypted")
}

/** The part of a run between two positions of the volume. */
export function clipRun(run: Run, within: Extent): Run {
  const start = Math.max(run.extent.start, within.start)
  const extent = { start, length: Math.max(0, Math.min(endOf(run.extent), endOf(within)) - start) }
  return run.kind === "relocated"
    ? { ...run, extent, from: run.from + start - run.extent.start }
    : { ...run, extent }
}

/** The runs that tile `extent`, clipped to it, in order. */
export function planRead(plan: VolumePlan, extent: Extent): Run[] {
  const runs: Run[] = []
  for (let i = findRun(plan, extent.start); i < plan.runs.length; i++) {
    const run = plan.runs[i]!
    if (run.extent.start >= endOf(extent)) break
    runs.push(clipRun(run, extent))
  }
  return runs
}

/** Index of the run that contains the position, by binary search; the number of runs when none does. */
function findRun(plan: VolumePlan, position: number): number {
  let low = 0
  let high = plan.runs.length
  while (low < high) {
    const middle = (low + high) >> 1
    const run = plan.runs[middle]!
    if (contains(run.extent, position)) return middle
    if (run.extent.start > position) high = middle
    else low = middle + 1
  }
  return low
}
