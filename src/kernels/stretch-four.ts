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

import { K, PREPARED, nextWords, prepareSecondBlocks, rotateRight, word } from "./shared/second-block"

const LAST: usize = 0
const INITIAL: usize = 128
const SALT: usize = 256
const COUNT: usize = 272
/** From one candidate to the next. */
const STRIDE: usize = 32

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
    if (lane == 0) prepareSecondBlocks(SALT, count)

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
