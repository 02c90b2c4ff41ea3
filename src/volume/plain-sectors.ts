/**
 * Whole sectors of the plaintext volume into a buffer, as the plan says: read, decrypt in place, substitute. What is stored
 * contiguously is one read, even where plain and encrypted runs alternate (encrypt-on-write, chunk by chunk).
 *
 * What cannot be read is zeros and is returned. A hole in a sector that is stored encrypted loses the whole sector: half a
 * ciphertext decrypts to noise that would look like data.
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
  totalLength,
} from "../extents/extent.ts"
import type { ByteSource } from "../source/byte-source.ts"
import type { SectorCipher } from "../crypto/sector-cipher.ts"
import { type Run, type VolumePlan, isStoredEncrypted, planRead, storedAt } from "./volume-plan.ts"

export interface StoredVolume {
  readonly source: ByteSource
  readonly plan: VolumePlan
  /** Absent when nothing in the plan is stored encrypted. */
  readonly cipher?: SectorCipher | undefined
  /** Sectors of raw zeros stay zeros, instead of the noise that they decrypt to. */
  readonly keepZeros: boolean
}

export interface PlainSectors {
  /** What could not be read: in positions of the volume, ascending. */
  readonly failed: readonly Extent[]
  /** What no read can bring: the plan knows no place for it, or the source ends inside of its sector. */
  readonly lost: readonly Extent[]
  /** Sectors that are stored encrypted and hold raw zeros. */
  readonly zeros: readonly Extent[]
  /** Bytes that came from the source. */
  readonly bytesRead: number
}

export interface ReadOptions {
  readonly signal?: AbortSignal | undefined
  /** A request that fails is not tried again in parts. */
  readonly once?: boolean
}

/**
 * Fills `into` with the plaintext from `at` on: whole sectors, up to the end of the volume; 4-byte aligned in memory.
 * @throws SourceError when the source is gone
 */
export async function readPlainSectors(
  volume: StoredVolume,
  at: number,
  into: Uint8Array,
  { signal, once = false }: ReadOptions = {},
): Promise<PlainSectors> {
  const { source } = volume
  const read = (once && source.readOnce) || source.read
  const runs = planRead(volume.plan, extent(at, into.length))
  const bytesOf = (e: Extent) => into.subarray(e.start - at, endOf(e) - at)

  const holes: Extent[] = []
  let bytesRead = 0
  for (const { target, from } of joinReads(runs)) {
    const unreadable = await read.call(source, from, bytesOf(target), signal)
    bytesRead += target.length - totalLength(unreadable)
    for (const hole of unreadable) holes.push(extent(hole.start - from + target.start, hole.length))
  }

  const failed: Extent[] = []
  const lost: Extent[] = []
  const zeros: Extent[] = []
  for (const run of runs) {
    const holesHere = holes.map((hole) => intersect(hole, run.extent)).filter((hole) => hole.length > 0)
    if (isStoredEncrypted(run)) {
      const decrypted = decryptRun(volume, run, bytesOf(run.extent), holesHere)
      failed.push(...decrypted.failed)
      lost.push(...decrypted.lost)
      zeros.push(...decrypted.zeros)
    } else if (storedAt(run) === undefined) {
      bytesOf(run.extent).fill(0)
      if (run.kind === "unreadable") lost.push(run.extent)
    } else {
      failed.push(...holesHere)
    }
  }
  substitute(volume.plan, at, into)
  return { failed: mergeExtents(failed), lost: mergeExtents(lost), zeros, bytesRead }
}

/** Puts the bytes that the volume shows in place of those that are stored into a part of it, which begins at `at`. */
export function substitute({ substitutions }: VolumePlan, at: number, into: Uint8Array): void {
  for (const { at: position, bytes } of substitutions) {
    const shown = intersect(extent(position, bytes.length), extent(at, into.length))
    if (shown.length === 0) continue
    into.set(bytes.subarray(shown.start - position, endOf(shown) - position), shown.start - at)
  }
}

interface Read {
  /** In positions of the volume. */
  readonly target: Extent
  readonly from: number
}

function joinReads(runs: readonly Run[]): Read[] {
  const reads: Read[] = []
  for (const run of runs) {
    const from = storedAt(run)
    if (from === undefined) continue
    const last = reads.at(-1)
    const follows = last && endOf(last.target) === run.extent.start && last.from + last.target.length === from
    if (follows) reads.pop()
    reads.push(
      follows
        ? { target: extent(last.target.start, last.target.length + run.extent.length), from: last.from }
        : { target: run.extent, from },
    )
  }
  return reads
}

function decryptRun(
  { plan, cipher, keepZeros }: StoredVolume,
  run: Run,
  bytes: Uint8Array,
  holes: readonly Extent[],
): Omit<PlainSectors, "bytesRead"> {
  if (!cipher) throw new Error("the plan has encrypted runs, but there is no cipher")
  const { sectorSize } = plan
  const toStored = storedAt(run)! - run.extent.start
  const bytesOf = (e: Extent) => bytes.subarray(e.start - run.extent.start, endOf(e) - run.extent.start)

  // A cut image may end inside a sector: what is there decrypts to nothing.
  const whole = extent(run.extent.start, alignDown(run.extent.length, sectorSize))
  const cut = extentBetween(endOf(whole), endOf(run.extent))
  const lost = cut.length > 0 ? [cut] : []
  const failed = mergeExtents(
    holes.map((e) =>
      intersect(extentBetween(alignDown(e.start, sectorSize), alignUp(endOf(e), sectorSize)), whole),
    ),
  )
  // An unreadable sector is zeros in memory, but nobody knows what it is on the disk.
  const zeros = findZeroSectors(bytesOf(whole), sectorSize, whole.start).flatMap((e) =>
    subtractExtents(e, failed),
  )
  for (const closed of keepZeros ? subtractExtents(whole, zeros) : [whole]) {
    cipher.decrypt(bytesOf(closed), closed.start + toStored)
  }
  for (const hole of [...failed, ...lost]) bytesOf(hole).fill(0)
  return { failed, lost, zeros }
}

/** Sectors that are all zero, joined, as extents from `start` on. The first word tells almost every other sector apart. */
function findZeroSectors(bytes: Uint8Array, sectorSize: number, start: number): Extent[] {
  const words = new Int32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4)
  const found: Extent[] = []
  let zeros = 0
  for (let at = 0; at < bytes.length; at += sectorSize) {
    if (isZero(words, at / 4, (at + sectorSize) / 4)) {
      zeros += sectorSize
    } else if (zeros > 0) {
      found.push(extent(start + at - zeros, zeros))
      zeros = 0
    }
  }
  if (zeros > 0) found.push(extent(start + bytes.length - zeros, zeros))
  return found
}

function isZero(words: Int32Array, from: number, to: number): boolean {
  for (let i = from; i < to; i++) if (words[i] !== 0) return false
  return true
}
