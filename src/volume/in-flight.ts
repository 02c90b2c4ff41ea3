/**
 * The chunk that was being converted when a conversion stopped. Its log holds the first 16 bytes of every sector as they
 * were before; a sector that differs from them was converted. The log does not say in which direction, and it may be stale
 * (the chunk done, the bitmap updated, the log not yet blanked): so the data decides, sector by sector, by asking which of
 * the two keys of the question fits: does the sector decrypt to what was logged, or encrypt to it?
 */
import { type Extent, extent, mergeExtents } from "../extents/extent.ts"
import type { SectorCipher } from "../crypto/sector-cipher.ts"
import { LOGGED_BYTES } from "../fve/index.ts"
import type { Storage } from "./settle.ts"

/**
 * @param raw the chunk's sectors as stored now, whole sectors
 * @param logged `LOGGED_BYTES` a sector, in the same order
 * @param position where the chunk is stored
 * @param byBitmap what the bitmap (or watermark) says of the chunk; absent when nothing does
 * @returns the sectors stored in plaintext; `undefined` when neither the data nor a bitmap tells
 */
export function decideInFlight(
  raw: Uint8Array,
  logged: Uint8Array,
  position: number,
  cipher: SectorCipher,
  byBitmap: Storage | undefined,
): Extent[] | undefined {
  const { sectorSize } = cipher
  const count = Math.min(Math.floor(raw.length / sectorSize), Math.floor(logged.length / LOGGED_BYTES))
  const sectors = raw.subarray(0, count * sectorSize)
  const decrypted = sectors.slice()
  cipher.decrypt(decrypted, position)
  const encrypted = sectors.slice()
  cipher.encrypt(encrypted, position)

  const isLogged = (bytes: Uint8Array, sector: number): boolean => {
    for (let i = 0; i < LOGGED_BYTES; i++) {
      if (bytes[sector * sectorSize + i] !== logged[sector * LOGGED_BYTES + i]) return false
    }
    return true
  }
  const converted = Array.from({ length: count }, (_, sector) => !isLogged(sectors, sector))
  let votes = 0
  converted.forEach((isConverted, sector) => {
    if (!isConverted) return
    if (isLogged(decrypted, sector)) votes++
    else if (isLogged(encrypted, sector)) votes--
  })
  // No vote: nothing was converted yet, or all of it was rewritten since. The bitmap is right either way.
  if (votes === 0 && byBitmap === undefined) return undefined
  const isEncrypted = (isConverted: boolean): boolean =>
    votes === 0 ? byBitmap === "encrypted" : isConverted === votes > 0
  return mergeExtents(
    converted.flatMap((isConverted, sector) =>
      isEncrypted(isConverted) ? [] : [extent(position + sector * sectorSize, sectorSize)],
    ),
  )
}
