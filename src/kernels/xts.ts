/**
 * XTS around a bulk AES-ECB (IEEE 1619): the masks of whole sectors from their encrypted numbers, and the XOR that is
 * made with them before and after. Four sectors advance side by side, because each mask waits for the one before it.
 *
 * Memory, all by the caller and 16-byte aligned:
 *
 *   tweaks   16 bytes a sector      the encrypted sector numbers; read four at a time
 *   masks    sectorSize a sector    written four sectors at a time
 *   target   any                    what is masked
 *
 * Both areas have room for a multiple of four sectors.
 */

/** Multiplication by x in GF(2^128): each 64-bit half is doubled, and what it loses goes into the other one. */
// @ts-ignore: decorator
@inline
function timesAlpha(tweak: v128): v128 {
  const signs = i32x4.shr_s(tweak, 31)
  const carries = v128.and(v128.shuffle<i32>(signs, signs, 3, 3, 1, 1), i32x4(0x87, 0, 1, 0))
  return v128.xor(i64x2.shl(tweak, 1), carries)
}

export function expandTweaks(masks: usize, tweaks: usize, sectorCount: usize, sectorSize: usize): void {
  const end = tweaks + sectorCount * 16
  for (; tweaks < end; tweaks += 64, masks += 3 * sectorSize) {
    let t0 = v128.load(tweaks)
    let t1 = v128.load(tweaks, 16)
    let t2 = v128.load(tweaks, 32)
    let t3 = v128.load(tweaks, 48)
    for (const stop = masks + sectorSize; masks < stop; masks += 16) {
      v128.store(masks, t0)
      v128.store(masks + sectorSize, t1)
      v128.store(masks + 2 * sectorSize, t2)
      v128.store(masks + 3 * sectorSize, t3)
      t0 = timesAlpha(t0)
      t1 = timesAlpha(t1)
      t2 = timesAlpha(t2)
      t3 = timesAlpha(t3)
    }
  }
}

/** `length` is a multiple of 32. */
export function applyMasks(target: usize, masks: usize, length: usize): void {
  for (const end = target + length; target < end; target += 32, masks += 32) {
    v128.store(target, v128.xor(v128.load(target), v128.load(masks)))
    v128.store(target, v128.xor(v128.load(target, 16), v128.load(masks, 16)), 16)
  }
}
