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

import { K, PREPARED, prepareSecondBlocks, word } from "./shared/second-block"

const LAST: usize = 0
const INITIAL: usize = 32
const SALT: usize = 64
const COUNT: usize = 80

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
    if (lane == 0) prepareSecondBlocks(SALT, count)

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
