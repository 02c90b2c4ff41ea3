/**
 * From one attempt of the system to read to the promise of `ByteSource.read`. Measured on Linux: a buffered read that
 * meets a bad sector comes back short and fails when repeated from there; a direct read fails as a whole, with the
 * medium's own error number instead of EIO. So a short read is not the end, and a failed read is halved until the
 * unreadable sectors stand alone.
 */
import { type Extent, alignDown, extent, mergeExtents } from "../extents/extent.ts"
import { EndOfSource, LostPlace, errnoOf } from "./failures.ts"

/** One positional read: resolves to the number of bytes that came, 0 at the end, or rejects with the system's error. */
export type Pread = (at: number, into: Uint8Array) => Promise<number> | number

/** Largest single request: between two the signal is looked at. */
const REQUEST = 8 << 20

/** Errors of the medium under one request: the rest of the source may be well. */
export const MEDIUM_ERRORS: ReadonlySet<string | undefined> = new Set([
  "EIO",
  "ENODATA", // Linux, direct: critical medium error
  "EREMOTEIO", // Linux, direct: critical target error
  "EILSEQ", // Linux, direct: protection error
  "ETIMEDOUT",
])

/**
 * Fills `into` from `at`; the result is as for `ByteSource.read`. Requests that start and end on a sector stay that way.
 * @throws EndOfSource, or the system's error when it is none of the medium
 */
export async function fill(
  pread: Pread,
  at: number,
  into: Uint8Array,
  sectorSize: number,
  signal?: AbortSignal,
): Promise<readonly Extent[]> {
  const unreadable: Extent[] = []
  for (let done = 0; done < into.length;) {
    signal?.throwIfAborted()
    const request = into.subarray(done, done + REQUEST)
    const answer = await attempt(pread, at + done, request)
    if (answer === 0) throw new EndOfSource(at + done)
    if (typeof answer === "number") {
      done += answer
      continue
    }
    const failed = request.subarray(0, answer.length)
    const damage = answer.isFinal
      ? giveUp(at + done, failed)
      : await halve(pread, at + done, failed, sectorSize, signal)
    unreadable.push(...damage)
    done += failed.length
  }
  return mergeExtents(unreadable)
}

/**
 * As `fill`, but what follows in a request that failed is given up with it.
 * @throws EndOfSource, or the system's error when it is none of the medium
 */
export async function fillOnce(
  pread: Pread,
  at: number,
  into: Uint8Array,
  _sectorSize: number,
  signal?: AbortSignal,
): Promise<readonly Extent[]> {
  const failed: Extent[] = []
  let done = 0
  while (done < into.length) {
    signal?.throwIfAborted()
    const request = into.subarray(done, done + REQUEST)
    const answer = await attempt(pread, at + done, request)
    if (answer === 0) throw new EndOfSource(at + done)
    const isRead = typeof answer === "number"
    if (!isRead) failed.push(...giveUp(at + done, request.subarray(0, answer.length)))
    done += isRead ? answer : answer.length
  }
  return mergeExtents(failed)
}

/** Both halves of a request that failed, or the one sector that it comes down to. */
async function halve(
  pread: Pread,
  at: number,
  into: Uint8Array,
  sectorSize: number,
  signal: AbortSignal | undefined,
): Promise<readonly Extent[]> {
  const firstSector = alignDown(at, sectorSize)
  const sectorCount = Math.ceil((at + into.length - firstSector) / sectorSize)
  if (sectorCount === 1) return giveUp(at, into)
  const middle = firstSector + Math.floor(sectorCount / 2) * sectorSize - at
  return mergeExtents([
    ...(await fill(pread, at, into.subarray(0, middle), sectorSize, signal)),
    ...(await fill(pread, at + middle, into.subarray(middle), sectorSize, signal)),
  ])
}

function giveUp(at: number, into: Uint8Array): Extent[] {
  into.fill(0)
  return [extent(at, into.length)]
}

/** So many bytes could not be read. */
interface Failure {
  readonly length: number
  /** Its parts are not asked for. */
  readonly isFinal: boolean
}

async function attempt(pread: Pread, at: number, into: Uint8Array): Promise<number | Failure> {
  try {
    return await pread(at, into)
  } catch (error) {
    if (error instanceof LostPlace) return { length: error.place.length, isFinal: true }
    if (MEDIUM_ERRORS.has(errnoOf(error))) return { length: into.length, isFinal: false }
    throw error
  }
}
