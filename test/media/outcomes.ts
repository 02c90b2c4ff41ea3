/**
 * What came of a drive that fails: bytes that are right, bytes that are not and that the program's own list names, and bytes
 * that are not and that nobody names; what the run asked of the medium for it.
 */
import { endOf, type Extent } from "../../src/extents/extent.ts"
import type { DriveRead } from "./failing-drive.ts"

export interface Outcome {
  /** In the program's own words: exit codes, and the code of an error. */
  readonly ended: string
  /** Bytes of the volume; what is not there at all counts as listed where the program says that it is missing. */
  readonly right: number
  readonly listed: number
  readonly unlisted: number
  readonly readCount: number
  /** Requests that the medium refused. */
  readonly failedCount: number
  readonly seconds: number
}

export interface Measured {
  readonly name: string
  readonly size: number
  readonly ours: Outcome
  readonly peers: Outcome
}

/** @param output shorter than what is expected where the program did not get so far; absent: it made none, and said so */
export function judgeBytes(
  output: Uint8Array | undefined,
  expected: Uint8Array,
  listed: readonly Extent[],
): Pick<Outcome, "right" | "listed" | "unlisted"> {
  if (!output) return { right: 0, listed: expected.length, unlisted: 0 }
  const isListed = new Uint8Array(expected.length)
  for (const e of listed) isListed.fill(1, e.start, Math.min(endOf(e), expected.length))
  const counts = { right: 0, listed: 0, unlisted: 0 }
  for (let i = 0; i < expected.length; i++) {
    // A byte that is named as lost is lost to its owner, whatever the pattern happens to be.
    if (isListed[i]) counts.listed++
    else if (output[i] === expected[i]) counts.right++
    else counts.unlisted++
  }
  return counts
}

export function countReads(reads: readonly DriveRead[]): Pick<Outcome, "readCount" | "failedCount"> {
  return { readCount: reads.length, failedCount: reads.filter(({ hasFailed }) => hasFailed).length }
}
