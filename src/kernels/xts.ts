/**
 * XTS around a bulk AES-ECB (IEEE 1619): the masks of whole sectors from their encrypted numbers, and the XOR that is
 * made with them before and after. Four sectors advance side by side, because each mask waits for the one before it.
 *
 * Memory, all by the caller and 16-byte aligned:
 *
 *   tweaks   16 bytes a sector      the encrypted sector numbers
 *   masks    sectorSize a sector    written, and read by the second mask
 *   target   sectorSize a sector    what is masked
 */

/** Multiplication by x in GF(2^128): each 64-bit half is doubled, and what it loses goes into the other one. */
// @ts-ignore: decorator
@inline
function timesAlpha(tweak: v128): v128 {
  const signs = i32x4.shr_s(tweak, 31)
  const carries = v128.and(v128.shuffle<i32>(signs, signs, 3, 3, 1, 1), i32x4(0x87, 0, 1, 0))
  return v128.xor(i64x2.shl(tweak, 1), carries)
}

/** The first of the two masks: makes the masks of whole sectors, and applies them while they are at hand. */
export function maskSectors(
  target: usize,
  masks: usize,
  tweaks: usize,
  sectorCount: usize,
  sectorSize: usize,
): void {
  const fours = sectorCount & ~3
  const end = tweaks + fours * 16
  for (; tweaks < end; tweaks += 64, masks += 3 * sectorSize, target += 3 * sectorSize) {
    let t0 = v128.load(tweaks)
    let t1 = v128.load(tweaks, 16)
    let t2 = v128.load(tweaks, 32)
    let t3 = v128.load(tweaks, 48)
    for (const stop = masks + sectorSize; masks < stop; masks += 16, target += 16) {
      maskBlock(target, masks, t0)
      maskBlock(target + sectorSize, masks + sectorSize, t1)
      maskBlock(target + 2 * sectorSize, masks + 2 * sectorSize, t2)
      maskBlock(target + 3 * sectorSize, masks + 3 * sectorSize, t3)
      t0 = timesAlpha(t0)
      t1 = timesAlpha(t1)
      t2 = timesAlpha(t2)
      t3 = timesAlpha(t3)
    }
  }
  for (let rest = sectorCount - fours; rest > 0; rest--, tweaks += 16) {
    let tweak = v128.load(tweaks)
    for (const stop = masks + sectorSize; masks < stop; masks += 16, target += 16) {
      maskBlock(target, masks, tweak)
      tweak = timesAlpha(tweak)
    }
  }
}

// @ts-ignore: decorator
@inline
function maskBlock(target: usize, masks: usize, tweak: v128): void {
  v128.store(masks, tweak)
  v128.store(target, v128.xor(v128.load(target), tweak))
}

/** The second one, with the same masks. `length` is a multiple of 32. */
export function applyMasks(target: usize, masks: usize, length: usize): void {
  for (const end = target + length; target < end; target += 32, masks += 32) {
    v128.store(target, v128.xor(v128.load(target), v128.load(masks)))
    v128.store(target, v128.xor(v128.load(target, 16), v128.load(masks, 16)), 16)
  }
}
