/**
 * The second half of CBC decryption: what a bulk AES-ECB made of the ciphertext, XORed with the ciphertext of the block
 * before, or with the sector's IV.
 *
 * Memory, all by the caller and 16-byte aligned:
 *
 *   decrypted    sectorSize a sector    what ECB made of the ciphertext
 *   ciphertext   sectorSize a sector
 *   ivs          16 bytes a sector
 *   target       sectorSize a sector    may be `ciphertext` or `decrypted`
 */

export function chainBlocks(
  target: usize,
  decrypted: usize,
  ciphertext: usize,
  ivs: usize,
  sectorCount: usize,
  sectorSize: usize,
): void {
  for (const end = ivs + sectorCount * 16; ivs < end; ivs += 16) {
    let previous = v128.load(ivs)
    for (const stop = target + sectorSize; target < stop; target += 16, decrypted += 16, ciphertext += 16) {
      const block = v128.load(ciphertext)
      v128.store(target, v128.xor(v128.load(decrypted), previous))
      previous = block
    }
  }
}
