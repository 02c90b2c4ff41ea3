/**
 * What the two kernels of the key stretch share: the constants of SHA-256 (FIPS 180-4), and the message schedule of the second
 * block, which holds only salt, count and padding. It is made for four counts at once, in the lanes of vectors.
 */

/** Round constants (FIPS 180-4, 4.2.2). */
export const K = memory.data<u32>([
  0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
  0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
  0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
  0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
  0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
  0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
  0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
  0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
])
/** Round constant plus word of the second block, for four counts side by side: 64 vectors. */
export const PREPARED = memory.data(64 * 16, 16)

/** Fills PREPARED for `count` and the three after it. @param salt address of its 16 bytes */
export function prepareSecondBlocks(salt: usize, count: u32): void {
  let w0 = i32x4.splat(word(salt + 0))
  let w1 = i32x4.splat(word(salt + 4))
  let w2 = i32x4.splat(word(salt + 8))
  let w3 = i32x4.splat(word(salt + 12))
  let w4 = i32x4.splat(bswap(count))
  w4 = i32x4.replace_lane(w4, 1, bswap(count + 1))
  w4 = i32x4.replace_lane(w4, 2, bswap(count + 2))
  w4 = i32x4.replace_lane(w4, 3, bswap(count + 3))
  let w5 = i32x4.splat(0)
  let w6 = i32x4.splat(0x80000000)
  let w7 = i32x4.splat(0)
  let w8 = i32x4.splat(0)
  let w9 = i32x4.splat(0)
  let w10 = i32x4.splat(0)
  let w11 = i32x4.splat(0)
  let w12 = i32x4.splat(0)
  let w13 = i32x4.splat(0)
  let w14 = i32x4.splat(0)
  let w15 = i32x4.splat(88 * 8)
  for (let k = K, prepared = PREPARED; ; k += 64, prepared += 256) {
    v128.store(prepared, i32x4.add(w0, v128.load32_splat(k, 0)), 0)
    v128.store(prepared, i32x4.add(w1, v128.load32_splat(k, 4)), 16)
    v128.store(prepared, i32x4.add(w2, v128.load32_splat(k, 8)), 32)
    v128.store(prepared, i32x4.add(w3, v128.load32_splat(k, 12)), 48)
    v128.store(prepared, i32x4.add(w4, v128.load32_splat(k, 16)), 64)
    v128.store(prepared, i32x4.add(w5, v128.load32_splat(k, 20)), 80)
    v128.store(prepared, i32x4.add(w6, v128.load32_splat(k, 24)), 96)
    v128.store(prepared, i32x4.add(w7, v128.load32_splat(k, 28)), 112)
    v128.store(prepared, i32x4.add(w8, v128.load32_splat(k, 32)), 128)
    v128.store(prepared, i32x4.add(w9, v128.load32_splat(k, 36)), 144)
    v128.store(prepared, i32x4.add(w10, v128.load32_splat(k, 40)), 160)
    v128.store(prepared, i32x4.add(w11, v128.load32_splat(k, 44)), 176)
    v128.store(prepared, i32x4.add(w12, v128.load32_splat(k, 48)), 192)
    v128.store(prepared, i32x4.add(w13, v128.load32_splat(k, 52)), 208)
    v128.store(prepared, i32x4.add(w14, v128.load32_splat(k, 56)), 224)
    v128.store(prepared, i32x4.add(w15, v128.load32_splat(k, 60)), 240)
    if (k == K + 192) return
    w0 = nextWords(w0, w1, w9, w14)
    w1 = nextWords(w1, w2, w10, w15)
    w2 = nextWords(w2, w3, w11, w0)
    w3 = nextWords(w3, w4, w12, w1)
    w4 = nextWords(w4, w5, w13, w2)
    w5 = nextWords(w5, w6, w14, w3)
    w6 = nextWords(w6, w7, w15, w4)
    w7 = nextWords(w7, w8, w0, w5)
    w8 = nextWords(w8, w9, w1, w6)
    w9 = nextWords(w9, w10, w2, w7)
    w10 = nextWords(w10, w11, w3, w8)
    w11 = nextWords(w11, w12, w4, w9)
    w12 = nextWords(w12, w13, w5, w10)
    w13 = nextWords(w13, w14, w6, w11)
    w14 = nextWords(w14, w15, w7, w12)
    w15 = nextWords(w15, w0, w8, w13)
  }
}

/** A word of the message: its bytes are in big-endian order. */
// @ts-ignore: decorator
@inline
export function word(at: usize): u32 {
  return bswap(load<u32>(at))
}

// @ts-ignore: decorator
@inline
export function nextWords(w0: v128, w1: v128, w9: v128, w14: v128): v128 {
  const sigma0 = v128.xor(v128.xor(rotateRight(w1, 7), rotateRight(w1, 18)), i32x4.shr_u(w1, 3))
  const sigma1 = v128.xor(v128.xor(rotateRight(w14, 17), rotateRight(w14, 19)), i32x4.shr_u(w14, 10))
  return i32x4.add(i32x4.add(w0, sigma0), i32x4.add(w9, sigma1))
}

// @ts-ignore: decorator
@inline
export function rotateRight(words: v128, bits: i32): v128 {
  return v128.or(i32x4.shr_u(words, bits), i32x4.shl(words, 32 - bits))
}
