/**
 * How much a few decrypted sectors say for the key, the sector size and the start of the volume that they were decrypted
 * with. XTS and the diffuser turn every byte of a sector into noise when any of them is wrong, so structure is proof. Plain
 * CBC does not: a wrong position spoils only the first 16 bytes of a sector. So there these are asked whether they fit the
 * rest: in a sector of zeros, or of text, a random block does not.
 */
import { isAllZero } from "../bytes/compare.ts"
import { showsStructure } from "../bytes/structure.ts"
import { methodFacts } from "../crypto/method.ts"
import type { SectorCipher } from "../crypto/sector-cipher.ts"
import { type Extent, alignDown, alignUp, endOf, totalLength } from "../extents/extent.ts"
import type { ByteSource } from "../source/byte-source.ts"
import { heldExtents } from "../source/held-extents.ts"
import { readBytes } from "../source/read-bytes.ts"

/** The smallest sector; a larger one is looked at in units of this. */
export const UNIT = 512
const LARGEST_SECTOR = 4096
const AES_BLOCK = 16
/** What structure is worth: its chance in random bytes is below 2^-54. */
const BITS_OF_STRUCTURE = 54
/** Evidence of that many bits is beyond doubt. */
export const ENOUGH_BITS = 64

/** Raw bytes of a piece that may be ciphertext: room for one sector of the largest size at any alignment. */
export interface Sample {
  /** In the source that it was taken from. */
  readonly at: number
  readonly bytes: Uint8Array
}

/** Where little is written, more places are looked at until so many samples are there. */
const ENOUGH_SAMPLES = 24
const MOST_PLACES = 8192

/** Samples spread evenly over what the source holds, without those that are zeros, or plaintext by their looks. */
export async function takeSamples(
  source: ByteSource,
  within: Extent,
  count: number,
  signal?: AbortSignal,
): Promise<Sample[]> {
  const samples: Sample[] = []
  const length = 2 * LARGEST_SECTOR
  const held = heldExtents(source, within, UNIT)
  const step = Math.max(length, alignUp(Math.floor(totalLength(held) / count), LARGEST_SECTOR))
  for (const part of held) {
    for (let at = part.start; at + length <= endOf(part); at += step) {
      const { bytes, unreadable } = await readBytes(source, at, length, signal)
      if (unreadable.length === 0 && !showsStructure(bytes)) samples.push({ at, bytes })
    }
  }
  const isFinal = samples.length >= ENOUGH_SAMPLES || step === length || count * 8 > MOST_PLACES
  return isFinal ? samples : takeSamples(source, within, count * 8, signal)
}

export interface Evidence {
  /** Binary logarithm of the odds that all this is chance. */
  readonly bits: number
  /** Units whose first block fits, and does not fit, the rest of them. */
  readonly fits: number
  readonly misfits: number
}

/** @param start position of the volume's first byte in the source that the samples were taken from */
export function weigh(samples: readonly Sample[], cipher: SectorCipher, start: number): Evidence {
  const sum = { bits: 0, fits: 0, misfits: 0 }
  for (const { at, bytes } of samples) {
    const { sectorSize } = cipher
    const from = at - start + ((sectorSize - ((at - start) % sectorSize)) % sectorSize)
    if (at < start || (at - start) % UNIT !== 0) continue
    const raw = bytes.subarray(from + start - at, from + start - at + LARGEST_SECTOR)
    const decrypted = raw.slice(0, alignDown(raw.length, sectorSize))
    cipher.decrypt(decrypted, from)
    for (let i = 0; i < decrypted.length; i += UNIT) {
      if (isAllZero(raw.subarray(i, i + UNIT))) continue
      weighUnit(decrypted.subarray(i, i + UNIT), cipher, i % sectorSize === 0, sum)
    }
  }
  return sum
}

function weighUnit(
  unit: Uint8Array,
  { method }: SectorCipher,
  isFirstOfSector: boolean,
  sum: { bits: number; fits: number; misfits: number },
): void {
  if (!showsStructure(unit)) return
  if (methodFacts(method).mode !== "cbc") {
    sum.bits += BITS_OF_STRUCTURE
    sum.fits++
    return
  }
  const { isFitting, bits } = firstBlock(unit)
  if (bits < BITS_OF_FIT) return
  if (isFitting) sum.fits++
  else sum.misfits++
  // Inside of a larger sector the chain of blocks makes any position look right.
  if (isFitting && isFirstOfSector) sum.bits += bits
}

/** A fit by chance at fewer bits than these would be worth nothing. */
const BITS_OF_FIT = 24

/** Whether the first block has only byte values that the rest has too, and what that is worth. */
export function firstBlock(unit: Uint8Array): { isFitting: boolean; bits: number } {
  const isThere = new Uint8Array(256)
  let distinct = 0
  for (let i = AES_BLOCK; i < unit.length; i++) {
    if (isThere[unit[i]!]) continue
    isThere[unit[i]!] = 1
    distinct++
  }
  const isFitting = unit.subarray(0, AES_BLOCK).every((byte) => isThere[byte])
  return { isFitting, bits: AES_BLOCK * (8 - Math.log2(distinct)) }
}

/** Beyond doubt, and not much against it: with the wrong sector size, one unit in eight fits. */
export function isConvincing({ bits, fits, misfits }: Evidence): boolean {
  return bits >= ENOUGH_BITS && 4 * fits > misfits
}

/** Copies that are decrypted at once. */
const BATCH = 1024

/**
 * Every position in the volume at which the sector could be stored, in steps of a sector: the same ciphertext many times
 * over is decrypted as if it lay in many places, in bulk.
 */
export function* positionsOf(
  sector: Uint8Array,
  cipher: SectorCipher,
  within: Extent,
): Generator<number, void, undefined> {
  const { sectorSize } = cipher
  const copies = new Uint8Array(BATCH * sectorSize)
  for (let at = alignUp(within.start, sectorSize); at < within.start + within.length; at += copies.length) {
    for (let i = 0; i < copies.length; i += sectorSize) copies.set(sector, i)
    cipher.decrypt(copies, at)
    for (let i = 0; i < copies.length; i += sectorSize) {
      const unit = copies.subarray(i, i + UNIT)
      if (showsStructure(unit) && speaksForPosition(unit, cipher)) yield at + i
    }
  }
}

function speaksForPosition(unit: Uint8Array, { method }: SectorCipher): boolean {
  if (methodFacts(method).mode !== "cbc") return true
  const { isFitting, bits } = firstBlock(unit)
  return isFitting && bits >= BITS_OF_FIT
}

/** A whole sector of the sample that lies on a sector border of a volume with that start. */
export function sectorsOf({ at, bytes }: Sample, sectorSize: number): { at: number; sector: Uint8Array }[] {
  const found = []
  for (let i = 0; i < sectorSize && i + sectorSize <= bytes.length; i += UNIT) {
    found.push({ at: at + i, sector: bytes.subarray(i, i + sectorSize) })
  }
  return found
}
