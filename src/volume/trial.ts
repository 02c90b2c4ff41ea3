/**
 * How sectors are stored when no structure tells: each is decrypted on trial, and the reading with structure wins. Random
 * bytes have an entropy that structured ones practically never reach; ciphertext is random, and so is plaintext that was
 * decrypted though it was never encrypted. Compressed data is random both ways: such sectors go with the nearest decided
 * ones before them, since the storage changes at chunk borders and watermarks only.
 */
import { type Extent, alignDown, endOf, extent, mergeExtents } from "../extents/extent.ts"
import { isAllZero } from "../bytes/compare.ts"
import { entropyOf } from "../bytes/entropy.ts"
import type { SectorCipher } from "../crypto/sector-cipher.ts"
import type { ByteSource } from "../source/byte-source.ts"

/** Bits per byte by which one reading must be more ordered. Random sectors of one size differ by less than 0.2. */
const CLEAR_DIFFERENCE = 0.3
const PIECE = 1 << 20

export type Verdict = "plain" | "encrypted" | "undecided"

export interface Trial {
  /** Merged extents stored in plaintext; raw zeros count as plain, since ciphertext is never zero. */
  readonly storedPlain: readonly Extent[]
  readonly decidedSectors: number
  /** Sectors that went with their neighbours. */
  readonly inheritedSectors: number
  /** True when not one sector showed what it is: then all count as encrypted. */
  readonly blind: boolean
}

/** Judges one sector from its raw bytes and from their decryption. */
export function judgeSector(raw: Uint8Array, decrypted: Uint8Array): Verdict {
  const difference = entropyOf(raw) - entropyOf(decrypted)
  if (difference > CLEAR_DIFFERENCE) return "encrypted"
  return difference < -CLEAR_DIFFERENCE ? "plain" : "undecided"
}

/** Judges every sector of `place`, which is whole sectors of the volume. */
export async function decideByTrial(
  source: ByteSource,
  place: Extent,
  cipher: SectorCipher,
  signal?: AbortSignal,
): Promise<Trial> {
  const { sectorSize } = cipher
  const plain: Extent[] = []
  /** Undecided sectors before the first decided one wait for it. */
  let waiting: Extent[] = []
  let current: "plain" | "encrypted" | undefined
  let decidedSectors = 0
  let inheritedSectors = 0
  for (let at = place.start; at < endOf(place); at += PIECE) {
    const raw = new Uint8Array(alignDown(Math.min(PIECE, endOf(place) - at), sectorSize))
    await source.read(at, raw, signal)
    const decrypted = raw.slice()
    cipher.decrypt(decrypted, at)
    for (let i = 0; i < raw.length; i += sectorSize) {
      const here = extent(at + i, sectorSize)
      const sector = raw.subarray(i, i + sectorSize)
      if (isAllZero(sector)) {
        plain.push(here)
        continue
      }
      const verdict = judgeSector(sector, decrypted.subarray(i, i + sectorSize))
      if (verdict === "undecided") {
        inheritedSectors++
        if (current === undefined) waiting.push(here)
        else if (current === "plain") plain.push(here)
        continue
      }
      decidedSectors++
      current = verdict
      if (verdict === "plain") plain.push(...waiting, here)
      waiting = []
    }
  }
  return {
    storedPlain: mergeExtents(plain),
    decidedSectors,
    inheritedSectors,
    blind: decidedSectors === 0 && inheritedSectors > 0,
  }
}
