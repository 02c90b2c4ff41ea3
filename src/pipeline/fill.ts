/**
 * What stands in the output where nothing could be read: a pattern that a person chose, or zeros; never stale bytes. It is
 * counted from the output's first byte, so that a sector that is filled twice holds the same both times.
 */
import { type Extent, endOf, extentBetween } from "../extents/extent.ts"
import type { PositionalSink } from "../sink/positional-sink.ts"
import { substitute } from "../volume/plain-sectors.ts"
import type { VolumePlan } from "../volume/volume-plan.ts"

export interface Fill {
  /** Repeated; absent: zeros. */
  readonly pattern?: Uint8Array | undefined
  readonly plan: VolumePlan
  /** Position in the volume of the output's first byte. */
  readonly origin: number
}

const PIECE = 1 << 20

/** @param bytes of the output, from `at` on: zeros, as reading leaves them where it failed */
export function fillLoss(bytes: Uint8Array, at: number, { pattern, plan, origin }: Fill): void {
  if (!pattern) return
  for (let i = 0; i < bytes.length; i++) bytes[i] = pattern[(at + i) % pattern.length]!
  // What the volume shows in place of stored bytes is known even where those are lost.
  substitute(plan, origin + at, bytes)
}

/** Writes the pattern over what no lane wrote. */
export async function writeLosses(
  losses: readonly Extent[],
  sink: PositionalSink,
  fill: Fill,
): Promise<void> {
  for (const loss of losses) {
    for (let at = loss.start; at < endOf(loss); at += PIECE) {
      const bytes = new Uint8Array(extentBetween(at, Math.min(at + PIECE, endOf(loss))).length)
      substitute(fill.plan, fill.origin + at, bytes)
      fillLoss(bytes, at, fill)
      await sink.write(at, bytes)
    }
  }
}
