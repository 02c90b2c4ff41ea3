/**
 * The key stretch: a chain of SHA-256 (FIPS 180-4) over 88 bytes, two blocks a step. The chain waits for itself, so speed
 * is that of one round after the other in registers: the turning of the eight variables is done by names, and message
 * words are locals.
 *
 * What surprises: the second block holds only salt, count and padding, nothing of the chain. Its whole message schedule
 * is made beforehand, for four counts at once in the lanes of vectors, and costs the chain one addition a round.
 *
 * Memory, bytes as they are hashed:
 *
 *     0   last       32 bytes   the chain: result of the step before
 *    32   initial    32
 *    64   salt       16
 *    80   count       8         little-endian; its upper half stays zero
 */

const LAST: usize = 0
const INITIAL: usize = 32
const SALT: usize = 64
const COUNT: usize = 80

/** Round constants (FIPS 180-4, 4.2.2). */
const K = memory.data<u32>([
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
const PREPARED = memory.data(64 * 16, 16)

/** Advances the chain. */
export function stretch(steps: u32): void {
  let l0 = word(LAST + 0)
  let l1 = word(LAST + 4)
  let l2 = word(LAST + 8)
  let l3 = word(LAST + 12)
  let l4 = word(LAST + 16)
  let l5 = word(LAST + 20)
  let l6 = word(LAST + 24)
  let l7 = word(LAST + 28)
  const start = load<u32>(COUNT)
  const end = start + steps
  for (let count = start; count != end; count++) {
    const lane = (count - start) & 3
    if (lane == 0) prepareSecondBlocks(count)

    let a: u32 = 0x6a09e667
    let b: u32 = 0xbb67ae85
    let c: u32 = 0x3c6ef372
    let d: u32 = 0xa54ff53a
    let e: u32 = 0x510e527f
    let f: u32 = 0x9b05688c
    let g: u32 = 0x1f83d9ab
    let h: u32 = 0x5be0cd19

    // The first block: the chain and the initial value.
    let w0 = l0
    let w1 = l1
    let w2 = l2
    let w3 = l3
    let w4 = l4
    let w5 = l5
    let w6 = l6
    let w7 = l7
    let w8 = word(INITIAL + 0)
    let w9 = word(INITIAL + 4)
    let w10 = word(INITIAL + 8)
    let w11 = word(INITIAL + 12)
    let w12 = word(INITIAL + 16)
    let w13 = word(INITIAL + 20)
    let w14 = word(INITIAL + 24)
    let w15 = word(INITIAL + 28)
    h = t1(h, e, f, g, load<u32>(K, 0) + w0); d += h; h = t2(h, a, b, c)
    g = t1(g, d, e, f, load<u32>(K, 4) + w1); c += g; g = t2(g, h, a, b)
    f = t1(f, c, d, e, load<u32>(K, 8) + w2); b += f; f = t2(f, g, h, a)
    e = t1(e, b, c, d, load<u32>(K, 12) + w3); a += e; e = t2(e, f, g, h)
    d = t1(d, a, b, c, load<u32>(K, 16) + w4); h += d; d = t2(d, e, f, g)
    c = t1(c, h, a, b, load<u32>(K, 20) + w5); g += c; c = t2(c, d, e, f)
    b = t1(b, g, h, a, load<u32>(K, 24) + w6); f += b; b = t2(b, c, d, e)
    a = t1(a, f, g, h, load<u32>(K, 28) + w7); e += a; a = t2(a, b, c, d)
    h = t1(h, e, f, g, load<u32>(K, 32) + w8); d += h; h = t2(h, a, b, c)
    g = t1(g, d, e, f, load<u32>(K, 36) + w9); c += g; g = t2(g, h, a, b)
    f = t1(f, c, d, e, load<u32>(K, 40) + w10); b += f; f = t2(f, g, h, a)
    e = t1(e, b, c, d, load<u32>(K, 44) + w11); a += e; e = t2(e, f, g, h)
    d = t1(d, a, b, c, load<u32>(K, 48) + w12); h += d; d = t2(d, e, f, g)
    c = t1(c, h, a, b, load<u32>(K, 52) + w13); g += c; c = t2(c, d, e, f)
    b = t1(b, g, h, a, load<u32>(K, 56) + w14); f += b; b = t2(b, c, d, e)
    a = t1(a, f, g, h, load<u32>(K, 60) + w15); e += a; a = t2(a, b, c, d)
    for (let k = K + 64; k < K + 256; k += 64) {
      w0 += sigma1(w14) + w9 + sigma0(w1)
      h = t1(h, e, f, g, load<u32>(k, 0) + w0); d += h; h = t2(h, a, b, c)
      w1 += sigma1(w15) + w10 + sigma0(w2)
      g = t1(g, d, e, f, load<u32>(k, 4) + w1); c += g; g = t2(g, h, a, b)
      w2 += sigma1(w0) + w11 + sigma0(w3)
      f = t1(f, c, d, e, load<u32>(k, 8) + w2); b += f; f = t2(f, g, h, a)
      w3 += sigma1(w1) + w12 + sigma0(w4)
      e = t1(e, b, c, d, load<u32>(k, 12) + w3); a += e; e = t2(e, f, g, h)
      w4 += sigma1(w2) + w13 + sigma0(w5)
      d = t1(d, a, b, c, load<u32>(k, 16) + w4); h += d; d = t2(d, e, f, g)
      w5 += sigma1(w3) + w14 + sigma0(w6)
      c = t1(c, h, a, b, load<u32>(k, 20) + w5); g += c; c = t2(c, d, e, f)
      w6 += sigma1(w4) + w15 + sigma0(w7)
      b = t1(b, g, h, a, load<u32>(k, 24) + w6); f += b; b = t2(b, c, d, e)
      w7 += sigma1(w5) + w0 + sigma0(w8)
      a = t1(a, f, g, h, load<u32>(k, 28) + w7); e += a; a = t2(a, b, c, d)
      w8 += sigma1(w6) + w1 + sigma0(w9)
      h = t1(h, e, f, g, load<u32>(k, 32) + w8); d += h; h = t2(h, a, b, c)
      w9 += sigma1(w7) + w2 + sigma0(w10)
      g = t1(g, d, e, f, load<u32>(k, 36) + w9); c += g; g = t2(g, h, a, b)
      w10 += sigma1(w8) + w3 + sigma0(w11)
      f = t1(f, c, d, e, load<u32>(k, 40) + w10); b += f; f = t2(f, g, h, a)
      w11 += sigma1(w9) + w4 + sigma0(w12)
      e = t1(e, b, c, d, load<u32>(k, 44) + w11); a += e; e = t2(e, f, g, h)
      w12 += sigma1(w10) + w5 + sigma0(w13)
      d = t1(d, a, b, c, load<u32>(k, 48) + w12); h += d; d = t2(d, e, f, g)
      w13 += sigma1(w11) + w6 + sigma0(w14)
      c = t1(c, h, a, b, load<u32>(k, 52) + w13); g += c; c = t2(c, d, e, f)
      w14 += sigma1(w12) + w7 + sigma0(w15)
      b = t1(b, g, h, a, load<u32>(k, 56) + w14); f += b; b = t2(b, c, d, e)
      w15 += sigma1(w13) + w8 + sigma0(w0)
      a = t1(a, f, g, h, load<u32>(k, 60) + w15); e += a; a = t2(a, b, c, d)
    }
    a += 0x6a09e667
    b += 0xbb67ae85
    c += 0x3c6ef372
    d += 0xa54ff53a
    e += 0x510e527f
    f += 0x9b05688c
    g += 0x1f83d9ab
    h += 0x5be0cd19
    l0 = a
    l1 = b
    l2 = c
    l3 = d
    l4 = e
    l5 = f
    l6 = g
    l7 = h

    // The second block: the prepared one.
    const prepared = PREPARED + 4 * lane
    for (let p = prepared; p < prepared + 1024; p += 128) {
      h = t1(h, e, f, g, load<u32>(p, 0)); d += h; h = t2(h, a, b, c)
      g = t1(g, d, e, f, load<u32>(p, 16)); c += g; g = t2(g, h, a, b)
      f = t1(f, c, d, e, load<u32>(p, 32)); b += f; f = t2(f, g, h, a)
      e = t1(e, b, c, d, load<u32>(p, 48)); a += e; e = t2(e, f, g, h)
      d = t1(d, a, b, c, load<u32>(p, 64)); h += d; d = t2(d, e, f, g)
      c = t1(c, h, a, b, load<u32>(p, 80)); g += c; c = t2(c, d, e, f)
      b = t1(b, g, h, a, load<u32>(p, 96)); f += b; b = t2(b, c, d, e)
      a = t1(a, f, g, h, load<u32>(p, 112)); e += a; a = t2(a, b, c, d)
    }
    l0 += a
    l1 += b
    l2 += c
    l3 += d
    l4 += e
    l5 += f
    l6 += g
    l7 += h
  }
  store<u32>(LAST, bswap(l0), 0)
  store<u32>(LAST, bswap(l1), 4)
  store<u32>(LAST, bswap(l2), 8)
  store<u32>(LAST, bswap(l3), 12)
  store<u32>(LAST, bswap(l4), 16)
  store<u32>(LAST, bswap(l5), 20)
  store<u32>(LAST, bswap(l6), 24)
  store<u32>(LAST, bswap(l7), 28)
  store<u32>(COUNT, end)
}

/** The schedule of the second block for `count` and the three after it. */
function prepareSecondBlocks(count: u32): void {
  let w0 = i32x4.splat(word(SALT + 0))
  let w1 = i32x4.splat(word(SALT + 4))
  let w2 = i32x4.splat(word(SALT + 8))
  let w3 = i32x4.splat(word(SALT + 12))
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
function word(at: usize): u32 {
  return bswap(load<u32>(at))
}

// @ts-ignore: decorator
@inline
function t1(h: u32, e: u32, f: u32, g: u32, word: u32): u32 {
  return h + word + (g ^ (e & (f ^ g))) + (rotr(e, 6) ^ rotr(e, 11) ^ rotr(e, 25))
}

/** The majority in a form whose `b ^ c` is the `a ^ b` of the round before. */
// @ts-ignore: decorator
@inline
function t2(t1: u32, a: u32, b: u32, c: u32): u32 {
  return t1 + (b ^ ((a ^ b) & (b ^ c))) + (rotr(a, 2) ^ rotr(a, 13) ^ rotr(a, 22))
}

// @ts-ignore: decorator
@inline
function sigma0(w: u32): u32 {
  return rotr(w, 7) ^ rotr(w, 18) ^ (w >> 3)
}

// @ts-ignore: decorator
@inline
function sigma1(w: u32): u32 {
  return rotr(w, 17) ^ rotr(w, 19) ^ (w >> 10)
}

// @ts-ignore: decorator
@inline
function nextWords(w0: v128, w1: v128, w9: v128, w14: v128): v128 {
  const sigma0 = v128.xor(v128.xor(rotateRight(w1, 7), rotateRight(w1, 18)), i32x4.shr_u(w1, 3))
  const sigma1 = v128.xor(v128.xor(rotateRight(w14, 17), rotateRight(w14, 19)), i32x4.shr_u(w14, 10))
  return i32x4.add(i32x4.add(w0, sigma0), i32x4.add(w9, sigma1))
}

// @ts-ignore: decorator
@inline
function rotateRight(words: v128, bits: i32): v128 {
  return v128.or(i32x4.shr_u(words, bits), i32x4.shl(words, 32 - bits))
}
