/**
 * From one attempt of the system to read to the promise of `ByteSource.read`. Measured on Linux: a buffered read that
 * meets a bad sector comes back short and fails when repeated from there; a direct read fails as a whole, with the
 * medium's own error number instead of EIO. So a short read is not the end, and a failed read is halved until the
 * unreadable sectors stand alone.
 */
import { type Extent, alignDown, extent, mergeExtents } from "../extents/extent.ts"
import { EndOfSource, errnoOf } from "./failures.ts"

/** One positional read: resolves to the number of bytes that came, 0 at the end, or rejects with the system's error. */
export type Pread = (at: number, into: Uint8Array) => Promise<number> | number

/** Largest single request: between two the signal is looked at. */
const REQUEST = 8 << 20

/** Errors of the medium under one request: the rest of the source may be well. */
const MEDIUM_ERRORS: ReadonlySet<string | undefined> = new Set([
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
  let done = 0
  while (done < into.length) {
    signal?.throwIfAborted()
    const count = await attempt(pread, at + done, into.subarray(done, done + REQUEST))
    if (count === undefined) break
    if (count === 0) throw new EndOfSource(at + done)
    done += count
  }
  if (done === into.length) return []

  const failed = into.subarray(done, done + REQUEST)
  const damage = await halve(pread, at + done, failed, sectorSize, signal)
  const rest = into.subarray(done + failed.length)
  if (rest.length === 0) return damage
  return mergeExtents([
    ...damage,
    ...(await fill(pread, at + done + failed.length, rest, sectorSize, signal)),
  ])
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
    const count = await attempt(pread, at + done, request)
    if (count === 0) throw new EndOfSource(at + done)
    if (count === undefined) {
      request.fill(0)
      failed.push(extent(at + done, request.length))
    }
    done += count ?? request.length
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
  if (sectorCount === 1) {
    into.fill(0)
    return [extent(at, into.length)]
  }
  const middle = firstSector + Math.floor(sectorCount / 2) * sectorSize - at
  return mergeExtents([
    ...(await fill(pread, at, into.subarray(0, middle), sectorSize, signal)),
    ...(await fill(pread, at + middle, into.subarray(middle), sectorSize, signal)),
  ])
}

/** `undefined`: the medium could not read this. */
async function attempt(pread: Pread, at: number, into: Uint8Array): Promise<number | undefined> {
  try {
    return await pread(at, into)
  } catch (error) {
    if (MEDIUM_ERRORS.has(errnoOf(error))) return undefined
    throw error
  }
}
