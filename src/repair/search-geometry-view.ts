/**
 * A volume as it would read if a guess about its geometry were right: nothing is known of how sectors are stored, so each
 * shows that itself. Good enough to recognise a file system by; the plan of a real output is made in `volume/`.
 */
import { isAllZero } from "../bytes/compare.ts"
import { showsStructure } from "../bytes/structure.ts"
import type { SectorCipher } from "../crypto/sector-cipher.ts"
import {
  type Extent,
  alignDown,
  alignUp,
  endOf,
  extent,
  extentBetween,
  intersect,
  subtractExtents,
} from "../extents/extent.ts"
import { type ByteSource, heldExtents, sliceSource } from "../source/index.ts"

/** A part of a disk as a volume; it may begin before the disk does, and end behind it: these parts cannot be read. */
export function volumeAt(
  disk: ByteSource,
  start: number,
  size: number,
  sectorSize = disk.sectorSize,
): ByteSource {
  const inside = intersect(extent(start, size), extent(0, disk.size))
  if (inside.length === size) return sliceSource(disk, inside, sectorSize)
  return {
    size,
    sectorSize,
    held: heldExtents(disk, inside).map((e) => extent(e.start - start, e.length)),
    async read(at, into, signal) {
      into.fill(0)
      const asked = extent(start + at, into.length)
      const there = intersect(asked, inside)
      const toVolume = (e: Extent): Extent => extent(e.start - start, e.length)
      const missing = subtractExtents(asked, [there]).map(toVolume)
      if (there.length === 0) return missing
      const part = into.subarray(there.start - asked.start, endOf(there) - asked.start)
      const lost = await disk.read(there.start, part, signal)
      return [...missing, ...lost.map(toVolume)].sort((a, b) => a.start - b.start)
    },
    close: async () => {},
  }
}

export interface Guess {
  /** The volume as stored, from its first byte. */
  readonly source: ByteSource
  readonly cipher: SectorCipher
  /** Where its first sectors are kept; absent: in place. */
  readonly head?: Extent
  /** First bytes that are plaintext in place, as in Windows Vista. */
  readonly plainHead?: number
}

export function guessedView({ source, cipher, head, plainHead = 0 }: Guess): ByteSource {
  const { sectorSize } = cipher
  const headLength = head?.length ?? 0
  const readStored = async (
    at: number,
    into: Uint8Array,
    signal?: AbortSignal,
  ): Promise<readonly Extent[]> => {
    const lost = await source.read(at, into, signal)
    decryptWhereRandom(into, at, cipher)
    return lost
  }
  const read = async (at: number, into: Uint8Array, signal?: AbortSignal): Promise<readonly Extent[]> => {
    const start = alignDown(at, sectorSize)
    const end = Math.min(source.size, alignUp(at + into.length, sectorSize))
    const bytes = new Uint8Array(end - start)
    const unreadable: Extent[] = []
    for (const part of cutAt(extentBetween(start, end), [plainHead, headLength])) {
      const target = bytes.subarray(part.start - start, endOf(part) - start)
      const from = part.start < headLength ? head!.start + part.start : part.start
      const lost =
        part.start < plainHead
          ? await source.read(from, target, signal)
          : await readStored(from, target, signal)
      unreadable.push(...lost.map((e) => extent(e.start - from + part.start, e.length)))
    }
    into.set(bytes.subarray(at - start, at - start + into.length))
    return unreadable.map((e) => intersect(e, extent(at, into.length))).filter((e) => e.length > 0)
  }
  const held = head ? undefined : source.held
  return { size: source.size, sectorSize, ...(held && { held }), read, close: async () => {} }
}

function cutAt(whole: Extent, positions: readonly number[]): Extent[] {
  return positions
    .reduce(
      (parts, at) =>
        parts.flatMap((e) => [intersect(e, extentBetween(0, at)), intersect(e, extentBetween(at, Infinity))]),
      [whole],
    )
    .filter((e) => e.length > 0)
}

/** Zeros and sectors with structure are taken as they are. */
function decryptWhereRandom(bytes: Uint8Array, at: number, cipher: SectorCipher): void {
  const { sectorSize } = cipher
  const whole = bytes.subarray(0, alignDown(bytes.length, sectorSize))
  const decrypted = whole.slice()
  cipher.decrypt(decrypted, at)
  for (let i = 0; i < whole.length; i += sectorSize) {
    const raw = whole.subarray(i, i + sectorSize)
    if (!isAllZero(raw) && !showsStructure(raw)) raw.set(decrypted.subarray(i, i + sectorSize))
  }
}
