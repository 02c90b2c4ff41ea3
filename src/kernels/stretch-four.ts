/**
 * The key stretch of `stretch.ts` for four candidates at once, one in each lane of the vectors. A chain waits for itself,
 * but four chains do not wait for each other: this costs about one and a half times what one chain does.
 *
 * What surprises: the four share one salt, as candidates for the same key protector do. So the second block, which holds
 * salt, count and padding only, is the same in all lanes, and its schedule is made as in the kernel for one chain: for four
 * counts side by side, a word of which is then spread over the lanes.
 *
 * Memory, bytes as they are hashed:
 *
 *     0   last       4 × 32 bytes   the chains, one candidate after the other
 *   128   initial    4 × 32
 *   256   salt       16             of all of them
 *   272   count      8              little-endian; its upper half stays zero
 */

const LAST: usize = 0
const INITIAL: usize = 128
const SALT: usize = 256
const COUNT: usize = 272
/** From one candidate to the next. */
const STRIDE: usize = 32

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
/** The initial values by words, each a vector of the four candidates. */
const INITIAL_WORDS = memory.data(8 * 16, 16)

/** Advances the four chains. */
export function stretch(steps: u32): void {
  for (let at: usize = 0; at < STRIDE; at += 4) {
    v128.store(INITIAL_WORDS + 4 * at, words(INITIAL + at))
  }
  let l0 = words(LAST + 0)
  let l1 = words(LAST + 4)
  let l2 = words(LAST + 8)
  let l3 = words(LAST + 12)
  let l4 = words(LAST + 16)
  let l5 = words(LAST + 20)
  let l6 = words(LAST + 24)
  let l7 = words(LAST + 28)
  const start = load<u32>(COUNT)
  const end = start + steps
  for (let count = start; count != end; count++) {
    const lane = (count - start) & 3
    if (lane == 0) prepareSecondBlocks(count)

    let a = i32x4.splat(0x6a09e667)
    let b = i32x4.splat(0xbb67ae85)
    let c = i32x4.splat(0x3c6ef372)
    let d = i32x4.splat(0xa54ff53a)
    let e = i32x4.splat(0x510e527f)
    let f = i32x4.splat(0x9b05688c)
    let g = i32x4.splat(0x1f83d9ab)
    let h = i32x4.splat(0x5be0cd19)

    // The first block: the chains and the initial values.
    let w0 = l0
    let w1 = l1
    let w2 = l2
    let w3 = l3
    let w4 = l4
    let w5 = l5
    let w6 = l6
    let w7 = l7
    let w8 = v128.load(INITIAL_WORDS, 0)
    let w9 = v128.load(INITIAL_WORDS, 16)
    let w10 = v128.load(INITIAL_WORDS, 32)
    let w11 = v128.load(INITIAL_WORDS, 48)
    let w12 = v128.load(INITIAL_WORDS, 64)
    let w13 = v128.load(INITIAL_WORDS, 80)
    let w14 = v128.load(INITIAL_WORDS, 96)
    let w15 = v128.load(INITIAL_WORDS, 112)
    h = t1(h, e, f, g, plus(K, 0, w0)); d = i32x4.add(d, h); h = t2(h, a, b, c)
    g = t1(g, d, e, f, plus(K, 4, w1)); c = i32x4.add(c, g); g = t2(g, h, a, b)
    f = t1(f, c, d, e, plus(K, 8, w2)); b = i32x4.add(b, f); f = t2(f, g, h, a)
    e = t1(e, b, c, d, plus(K, 12, w3)); a = i32x4.add(a, e); e = t2(e, f, g, h)
    d = t1(d, a, b, c, plus(K, 16, w4)); h = i32x4.add(h, d); d = t2(d, e, f, g)
    c = t1(c, h, a, b, plus(K, 20, w5)); g = i32x4.add(g, c); c = t2(c, d, e, f)
    b = t1(b, g, h, a, plus(K, 24, w6)); f = i32x4.add(f, b); b = t2(b, c, d, e)
    a = t1(a, f, g, h, plus(K, 28, w7)); e = i32x4.add(e, a); a = t2(a, b, c, d)
    h = t1(h, e, f, g, plus(K, 32, w8)); d = i32x4.add(d, h); h = t2(h, a, b, c)
    g = t1(g, d, e, f, plus(K, 36, w9)); c = i32x4.add(c, g); g = t2(g, h, a, b)
    f = t1(f, c, d, e, plus(K, 40, w10)); b = i32x4.add(b, f); f = t2(f, g, h, a)
    e = t1(e, b, c, d, plus(K, 44, w11)); a = i32x4.add(a, e); e = t2(e, f, g, h)
    d = t1(d, a, b, c, plus(K, 48, w12)); h = i32x4.add(h, d); d = t2(d, e, f, g)
    c = t1(c, h, a, b, plus(K, 52, w13)); g = i32x4.add(g, c); c = t2(c, d, e, f)
    b = t1(b, g, h, a, plus(K, 56, w14)); f = i32x4.add(f, b); b = t2(b, c, d, e)
    a = t1(a, f, g, h, plus(K, 60, w15)); e = i32x4.add(e, a); a = t2(a, b, c, d)
    for (let k = K + 64; k < K + 256; k += 64) {
      w0 = nextWords(w0, w1, w9, w14)
      h = t1(h, e, f, g, plus(k, 0, w0)); d = i32x4.add(d, h); h = t2(h, a, b, c)
      w1 = nextWords(w1, w2, w10, w15)
      g = t1(g, d, e, f, plus(k, 4, w1)); c = i32x4.add(c, g); g = t2(g, h, a, b)
      w2 = nextWords(w2, w3, w11, w0)
      f = t1(f, c, d, e, plus(k, 8, w2)); b = i32x4.add(b, f); f = t2(f, g, h, a)
      w3 = nextWords(w3, w4, w12, w1)
      e = t1(e, b, c, d, plus(k, 12, w3)); a = i32x4.add(a, e); e = t2(e, f, g, h)
      w4 = nextWords(w4, w5, w13, w2)
      d = t1(d, a, b, c, plus(k, 16, w4)); h = i32x4.add(h, d); d = t2(d, e, f, g)
      w5 = nextWords(w5, w6, w14, w3)
      c = t1(c, h, a, b, plus(k, 20, w5)); g = i32x4.add(g, c); c = t2(c, d, e, f)
      w6 = nextWords(w6, w7, w15, w4)
      b = t1(b, g, h, a, plus(k, 24, w6)); f = i32x4.add(f, b); b = t2(b, c, d, e)
      w7 = nextWords(w7, w8, w0, w5)
      a = t1(a, f, g, h, plus(k, 28, w7)); e = i32x4.add(e, a); a = t2(a, b, c, d)
      w8 = nextWords(w8, w9, w1, w6)
      h = t1(h, e, f, g, plus(k, 32, w8)); d = i32x4.add(d, h); h = t2(h, a, b, c)
      w9 = nextWords(w9, w10, w2, w7)
      g = t1(g, d, e, f, plus(k, 36, w9)); c = i32x4.add(c, g); g = t2(g, h, a, b)
      w10 = nextWords(w10, w11, w3, w8)
      f = t1(f, c, d, e, plus(k, 40, w10)); b = i32x4.add(b, f); f = t2(f, g, h, a)
      w11 = nextWords(w11, w12, w4, w9)
      e = t1(e, b, c, d, plus(k, 44, w11)); a = i32x4.add(a, e); e = t2(e, f, g, h)
      w12 = nextWords(w12, w13, w5, w10)
      d = t1(d, a, b, c, plus(k, 48, w12)); h = i32x4.add(h, d); d = t2(d, e, f, g)
      w13 = nextWords(w13, w14, w6, w11)
      c = t1(c, h, a, b, plus(k, 52, w13)); g = i32x4.add(g, c); c = t2(c, d, e, f)
      w14 = nextWords(w14, w15, w7, w12)
      b = t1(b, g, h, a, plus(k, 56, w14)); f = i32x4.add(f, b); b = t2(b, c, d, e)
      w15 = nextWords(w15, w0, w8, w13)
      a = t1(a, f, g, h, plus(k, 60, w15)); e = i32x4.add(e, a); a = t2(a, b, c, d)
    }
    a = i32x4.add(a, i32x4.splat(0x6a09e667))
    b = i32x4.add(b, i32x4.splat(0xbb67ae85))
    c = i32x4.add(c, i32x4.splat(0x3c6ef372))
    d = i32x4.add(d, i32x4.splat(0xa54ff53a))
    e = i32x4.add(e, i32x4.splat(0x510e527f))
    f = i32x4.add(f, i32x4.splat(0x9b05688c))
    g = i32x4.add(g, i32x4.splat(0x1f83d9ab))
    h = i32x4.add(h, i32x4.splat(0x5be0cd19))
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
      h = t1(h, e, f, g, v128.load32_splat(p, 0)); d = i32x4.add(d, h); h = t2(h, a, b, c)
      g = t1(g, d, e, f, v128.load32_splat(p, 16)); c = i32x4.add(c, g); g = t2(g, h, a, b)
      f = t1(f, c, d, e, v128.load32_splat(p, 32)); b = i32x4.add(b, f); f = t2(f, g, h, a)
      e = t1(e, b, c, d, v128.load32_splat(p, 48)); a = i32x4.add(a, e); e = t2(e, f, g, h)
      d = t1(d, a, b, c, v128.load32_splat(p, 64)); h = i32x4.add(h, d); d = t2(d, e, f, g)
      c = t1(c, h, a, b, v128.load32_splat(p, 80)); g = i32x4.add(g, c); c = t2(c, d, e, f)
      b = t1(b, g, h, a, v128.load32_splat(p, 96)); f = i32x4.add(f, b); b = t2(b, c, d, e)
      a = t1(a, f, g, h, v128.load32_splat(p, 112)); e = i32x4.add(e, a); a = t2(a, b, c, d)
    }
    l0 = i32x4.add(l0, a)
    l1 = i32x4.add(l1, b)
    l2 = i32x4.add(l2, c)
    l3 = i32x4.add(l3, d)
    l4 = i32x4.add(l4, e)
    l5 = i32x4.add(l5, f)
    l6 = i32x4.add(l6, g)
    l7 = i32x4.add(l7, h)
  }
  storeWords(LAST + 0, l0)
  storeWords(LAST + 4, l1)
  storeWords(LAST + 8, l2)
  storeWords(LAST + 12, l3)
  storeWords(LAST + 16, l4)
  storeWords(LAST + 20, l5)
  storeWords(LAST + 24, l6)
  storeWords(LAST + 28, l7)
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

/** The same word of each candidate. */
function words(at: usize): v128 {
  let four = i32x4.splat(word(at))
  four = i32x4.replace_lane(four, 1, word(at + STRIDE))
  four = i32x4.replace_lane(four, 2, word(at + 2 * STRIDE))
  return i32x4.replace_lane(four, 3, word(at + 3 * STRIDE))
}

function storeWords(at: usize, four: v128): void {
  store<u32>(at, bswap(i32x4.extract_lane(four, 0)))
  store<u32>(at + STRIDE, bswap(i32x4.extract_lane(four, 1)))
  store<u32>(at + 2 * STRIDE, bswap(i32x4.extract_lane(four, 2)))
  store<u32>(at + 3 * STRIDE, bswap(i32x4.extract_lane(four, 3)))
}

// @ts-ignore: decorator
@inline
function plus(k: usize, offset: usize, words: v128): v128 {
  return i32x4.add(v128.load32_splat(k + offset), words)
}

// @ts-ignore: decorator
@inline
function t1(h: v128, e: v128, f: v128, g: v128, words: v128): v128 {
  const sum = v128.xor(v128.xor(rotateRight(e, 6), rotateRight(e, 11)), rotateRight(e, 25))
  const choice = v128.xor(g, v128.and(e, v128.xor(f, g)))
  return i32x4.add(i32x4.add(h, words), i32x4.add(choice, sum))
}

/** The majority in a form whose `b ^ c` is the `a ^ b` of the round before. */
// @ts-ignore: decorator
@inline
function t2(t1: v128, a: v128, b: v128, c: v128): v128 {
  const sum = v128.xor(v128.xor(rotateRight(a, 2), rotateRight(a, 13)), rotateRight(a, 22))
  const majority = v128.xor(b, v128.and(v128.xor(a, b), v128.xor(b, c)))
  return i32x4.add(i32x4.add(t1, majority), sum)
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
