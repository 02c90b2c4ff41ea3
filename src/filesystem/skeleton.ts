/**
 * The skeleton of a file system: the structures that everything else hangs on. Reading it tells where they lie, so that a
 * drive that dies gives them first; judging them, spread over the whole volume, tells whether decrypted bytes are right.
 */
import { type Extent, endOf, overlaps } from "../extents/extent.ts"
import { isAllZero } from "../bytes/compare.ts"
import { type ByteSource } from "../source/byte-source.ts"
import { type ReadBytes, readBytes } from "../source/read-bytes.ts"
import type { CheckOutcome } from "./check.ts"

/** The kinds of places that a verdict is given for. `file-table`: $MFT; `allocation`: the FATs. */
export const REGIONS = ["boot", "file-table", "allocation", "folders", "file-heads", "free-space"] as const
export type Region = (typeof REGIONS)[number]

/** `other`: neither what belongs there nor noise, as a file whose name does not say what it is. */
export type StructureOutcome = CheckOutcome | "other"

/** One structure in its place, judged. */
export interface Structure extends Extent {
  readonly region: Region
  readonly outcome: StructureOutcome
}

/** How the volume was left, as its own flags say. Absent: nothing says. */
export interface Condition {
  /** It was not unmounted, or waits for a check. */
  readonly dirty?: boolean
  /** Windows sleeps on it (hibernation, fast startup): whoever writes to it destroys files. */
  readonly hibernated?: boolean
}

export interface Judgement {
  readonly structures: readonly Structure[]
  /** Regions of which only a part was looked at: there were too many. */
  readonly sampled: ReadonlySet<Region>
}

export interface Skeleton {
  /** Where the structures lie: tables, bitmaps, root directory. Sorted, not overlapping, inside the source. */
  readonly extents: readonly Extent[]
  readonly condition: Condition
  /** Judges at most a few thousand structures, evenly spread. Reads at most 16 MiB. */
  readonly judge: () => Promise<Judgement>
  /** Whether no file owns the byte; `undefined` where the allocation cannot be read. */
  readonly isFree: (at: number) => Promise<boolean | undefined>
}

/** At most `most` of the numbers below `count`, evenly spread, the first one among them. */
export function spread(count: number, most: number): number[] {
  if (count <= most) return Array.from({ length: count }, (_, i) => i)
  return Array.from({ length: most }, (_, i) => Math.floor((i * count) / most))
}

/** At most `most` of the items, evenly spread. */
export function spreadOf<T>(items: readonly T[], most: number): T[] {
  return spread(items.length, most).map((i) => items[i]!)
}

/** The outcome for a part of bytes that were read at `at`; `isRight` sees only what was read in full and is not all zero. */
export function judgePart(
  { bytes, unreadable }: ReadBytes,
  at: number,
  part: Extent,
  isRight: (bytes: Uint8Array) => boolean,
): CheckOutcome {
  if (unreadable.some((hole) => overlaps(hole, part))) return "unreadable"
  const own = bytes.subarray(part.start - at, endOf(part) - at)
  if (own.length < part.length) return "beyond-end"
  if (isAllZero(own)) return "zeros"
  return isRight(own) ? "right" : "wrong"
}

/** A place read and judged by itself. */
export async function judgeAt(
  source: ByteSource,
  part: Extent,
  isRight: (bytes: Uint8Array) => boolean,
): Promise<CheckOutcome> {
  return judgePart(await readBytes(source, part.start, part.length), part.start, part, isRight)
}
