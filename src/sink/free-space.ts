/** What a file system can hold of an output: statfs(2) for the space, and the limits that it does not tell. */
import type { BigIntStats, StatsFs } from "node:fs"
import { statfs } from "node:fs/promises"
import { SinkError } from "../errors.ts"
import { openFailure, tooLargeFailure } from "./failures.ts"

export interface FreeSpace {
  /** Bytes that this user may still write there. */
  readonly available: number
  /** Bytes that the output takes when none of it is a hole, less what an existing file has already. */
  readonly needed: number
  /** Zeros of this output become holes, so that it may take less than `needed`. */
  readonly mayBeSparse: boolean
  readonly largestFile: number
}

/** File systems without holes, by the magic numbers of statfs(2). */
const MSDOS = 0x4d44
const EXFAT = 0x2011bab0
/** FAT keeps the size of a file in 32 bits. */
const LARGEST_ON_FAT = 2 ** 32 - 1

/**
 * @param existing the output, when it is there already
 * @param sparse whether zeros may stay holes: never in a file that holds what was there before
 */
export async function surveySpace(
  folder: string,
  existing: BigIntStats | undefined,
  size: number,
  sparse: boolean,
): Promise<FreeSpace> {
  const facts = await statfs(folder).catch((error: unknown) => {
    throw openFailure(folder, error)
  })
  return spaceOf(facts, existing, size, sparse)
}

export function spaceOf(
  { type, bavail, bsize }: Pick<StatsFs, "type" | "bavail" | "bsize">,
  existing: BigIntStats | undefined,
  size: number,
  sparse: boolean,
): FreeSpace {
  const allocated = existing ? Number(existing.blocks) * 512 : 0
  return {
    available: bavail * bsize,
    needed: Math.max(0, size - allocated),
    mayBeSparse: sparse && type !== MSDOS && type !== EXFAT,
    largestFile: type === MSDOS ? LARGEST_ON_FAT : Number.MAX_SAFE_INTEGER,
  }
}

/** @throws SinkError when the output cannot fit whatever its bytes are */
export function refuseLimits(path: string, space: FreeSpace, size: number): void {
  if (size > space.largestFile) throw tooLargeFailure(path)
  const missing = space.needed - space.available
  if (space.mayBeSparse || missing <= 0) return
  throw new SinkError(
    "sink-full",
    `${path} needs ${space.needed} bytes, its drive has ${space.available} free`,
    {
      data: { path, written: 0, missing, available: space.available, needed: space.needed },
      next: [`free ${missing} bytes, or name an output on another drive`],
    },
  )
}
