/**
 * The Elephant diffuser and its sector key, both directions (N. Ferguson, "AES-CBC + Elephant diffuser", 2006). The turns
 * go word by word and each word needs its neighbours, so four sectors go side by side, one in each lane of a vector.
 *
 * Memory, all by the caller and 16-byte aligned:
 *
 *   sectors   sectorSize a sector, changed in place; four at a time
 *   keys      32 bytes a sector: its sector key
 *   lanes     4 · sectorSize + 256 bytes of scratch: word i of the four sectors at LEAD + 16 · i
 *
 * Word indices wrap around. Where a turn would wrap into words that it has already changed, copies of them stand before
 * word 0 (the lead) or behind the last one (the trail), eight words each.
 */

const WORD: usize = 16
const LEAD: usize = 8 * WORD
/** Steps left at the end of a turn when its copies are made: a multiple of four that is not less than five. */
const LAST_STEPS: usize = 8 * WORD

export function decryptSectors(sectors: usize, keys: usize, lanes: usize, sectorCount: usize, sectorSize: usize): void {
  const first = lanes + LEAD
  const end = first + 4 * sectorSize
  for (const stop = keys + 32 * sectorCount; keys < stop; keys += 128, sectors += 4 * sectorSize) {
    toLanes(first, sectors, sectorSize)
    for (let turn = 0; turn < 3; turn++) {
      turnB(first, end - LAST_STEPS)
      copyWords(end, first)
      turnB(end - LAST_STEPS, end)
    }
    for (let turn = 0; turn < 5; turn++) turnA(first, end)
    fromLanes(sectors, first, sectorSize)
    xorKeys(sectors, keys, sectorSize)
  }
}

export function encryptSectors(sectors: usize, keys: usize, lanes: usize, sectorCount: usize, sectorSize: usize): void {
  const first = lanes + LEAD
  const end = first + 4 * sectorSize
  for (const stop = keys + 32 * sectorCount; keys < stop; keys += 128, sectors += 4 * sectorSize) {
    xorKeys(sectors, keys, sectorSize)
    toLanes(first, sectors, sectorSize)
    for (let turn = 0; turn < 5; turn++) {
      turnBackA(first + LAST_STEPS, end)
      copyWords(lanes, end - LEAD)
      turnBackA(first, first + LAST_STEPS)
    }
    for (let turn = 0; turn < 3; turn++) turnBackB(first, end)
    fromLanes(sectors, first, sectorSize)
  }
}

// @ts-ignore: decorator
@inline
function rotl(words: v128, bits: i32): v128 {
  return v128.or(i32x4.shl(words, bits), i32x4.shr_u(words, 32 - bits))
}

/** word[i] += word[i + 2] ^ rotl(word[i + 5], [0, 10, 0, 25][i % 4]), upwards from `at` to `end`. */
function turnB(at: usize, end: usize): void {
  let w0 = v128.load(at)
  let w1 = v128.load(at, WORD)
  let w2 = v128.load(at, 2 * WORD)
  let w3 = v128.load(at, 3 * WORD)
  let w4 = v128.load(at, 4 * WORD)
  for (; at < end; at += 4 * WORD) {
    const w5 = v128.load(at, 5 * WORD)
    const w6 = v128.load(at, 6 * WORD)
    const w7 = v128.load(at, 7 * WORD)
    const w8 = v128.load(at, 8 * WORD)
    v128.store(at, i32x4.add(w0, v128.xor(w2, w5)))
    v128.store(at, i32x4.add(w1, v128.xor(w3, rotl(w6, 10))), WORD)
    v128.store(at, i32x4.add(w2, v128.xor(w4, w7)), 2 * WORD)
    v128.store(at, i32x4.add(w3, v128.xor(w5, rotl(w8, 25))), 3 * WORD)
    w0 = w4
    w1 = w5
    w2 = w6
    w3 = w7
    w4 = w8
  }
}

/** word[i] += word[i - 2] ^ rotl(word[i - 5], [9, 0, 13, 0][i % 4]), upwards; the words before `at` are the last ones. */
function turnA(at: usize, end: usize): void {
  let w1 = v128.load(end - WORD)
  let w2 = v128.load(end - 2 * WORD)
  let w3 = v128.load(end - 3 * WORD)
  let w4 = v128.load(end - 4 * WORD)
  let w5 = v128.load(end - 5 * WORD)
  for (; at < end; at += 4 * WORD) {
    const v0 = i32x4.add(v128.load(at), v128.xor(w2, rotl(w5, 9)))
    const v1 = i32x4.add(v128.load(at, WORD), v128.xor(w1, w4))
    const v2 = i32x4.add(v128.load(at, 2 * WORD), v128.xor(v0, rotl(w3, 13)))
    const v3 = i32x4.add(v128.load(at, 3 * WORD), v128.xor(v1, w2))
    v128.store(at, v0)
    v128.store(at, v1, WORD)
    v128.store(at, v2, 2 * WORD)
    v128.store(at, v3, 3 * WORD)
    w5 = w1
    w4 = v0
    w3 = v1
    w2 = v2
    w1 = v3
  }
}

/** The inverse of turnA: downwards from `end` to `at`, and lower neighbours are still as they were. */
function turnBackA(at: usize, end: usize): void {
  let i = end - 4 * WORD
  let w3 = v128.load(i, 3 * WORD)
  let w2 = v128.load(i, 2 * WORD)
  let w1 = v128.load(i, WORD)
  let w0 = v128.load(i)
  let below = v128.load(i - WORD)
  for (; i >= at; i -= 4 * WORD) {
    const b2 = v128.load(i - 2 * WORD)
    const b3 = v128.load(i - 3 * WORD)
    const b4 = v128.load(i - 4 * WORD)
    const b5 = v128.load(i - 5 * WORD)
    v128.store(i, i32x4.sub(w3, v128.xor(w1, b2)), 3 * WORD)
    v128.store(i, i32x4.sub(w2, v128.xor(w0, rotl(b3, 13))), 2 * WORD)
    v128.store(i, i32x4.sub(w1, v128.xor(below, b4)), WORD)
    v128.store(i, i32x4.sub(w0, v128.xor(b2, rotl(b5, 9))))
    w3 = below
    w2 = b2
    w1 = b3
    w0 = b4
    below = b5
  }
}

/** The inverse of turnB: downwards; the words behind `end` are the first ones. */
function turnBackB(at: usize, end: usize): void {
  let w1 = v128.load(at)
  let w2 = v128.load(at, WORD)
  let w3 = v128.load(at, 2 * WORD)
  let w4 = v128.load(at, 3 * WORD)
  let w5 = v128.load(at, 4 * WORD)
  for (let i = end - 4 * WORD; i >= at; i -= 4 * WORD) {
    const v3 = i32x4.sub(v128.load(i, 3 * WORD), v128.xor(w2, rotl(w5, 25)))
    const v2 = i32x4.sub(v128.load(i, 2 * WORD), v128.xor(w1, w4))
    const v1 = i32x4.sub(v128.load(i, WORD), v128.xor(v3, rotl(w3, 10)))
    const v0 = i32x4.sub(v128.load(i), v128.xor(v2, w2))
    v128.store(i, v3, 3 * WORD)
    v128.store(i, v2, 2 * WORD)
    v128.store(i, v1, WORD)
    v128.store(i, v0)
    w5 = w1
    w4 = v3
    w3 = v2
    w2 = v1
    w1 = v0
  }
}

/** Eight words of the four sectors. */
function copyWords(to: usize, from: usize): void {
  for (const end = from + LEAD; from < end; from += WORD, to += WORD) v128.store(to, v128.load(from))
}

function toLanes(lanes: usize, sectors: usize, sectorSize: usize): void {
  for (const end = sectors + sectorSize; sectors < end; sectors += WORD, lanes += 4 * WORD) {
    const s0 = v128.load(sectors)
    const s1 = v128.load(sectors + sectorSize)
    const s2 = v128.load(sectors + 2 * sectorSize)
    const s3 = v128.load(sectors + 3 * sectorSize)
    transpose(lanes, WORD, s0, s1, s2, s3)
  }
}

function fromLanes(sectors: usize, lanes: usize, sectorSize: usize): void {
  for (const end = sectors + sectorSize; sectors < end; sectors += WORD, lanes += 4 * WORD) {
    const w0 = v128.load(lanes)
    const w1 = v128.load(lanes, WORD)
    const w2 = v128.load(lanes, 2 * WORD)
    const w3 = v128.load(lanes, 3 * WORD)
    transpose(sectors, sectorSize, w0, w1, w2, w3)
  }
}

/** Four rows become four columns, stored `stride` bytes apart. */
// @ts-ignore: decorator
@inline
function transpose(to: usize, stride: usize, r0: v128, r1: v128, r2: v128, r3: v128): void {
  const low01 = v128.shuffle<i32>(r0, r1, 0, 4, 1, 5)
  const high01 = v128.shuffle<i32>(r0, r1, 2, 6, 3, 7)
  const low23 = v128.shuffle<i32>(r2, r3, 0, 4, 1, 5)
  const high23 = v128.shuffle<i32>(r2, r3, 2, 6, 3, 7)
  v128.store(to, v128.shuffle<i64>(low01, low23, 0, 2))
  v128.store(to + stride, v128.shuffle<i64>(low01, low23, 1, 3))
  v128.store(to + 2 * stride, v128.shuffle<i64>(high01, high23, 0, 2))
  v128.store(to + 3 * stride, v128.shuffle<i64>(high01, high23, 1, 3))
}

function xorKeys(sectors: usize, keys: usize, sectorSize: usize): void {
  for (const stop = keys + 128; keys < stop; keys += 32) {
    const low = v128.load(keys)
    const high = v128.load(keys, 16)
    for (const end = sectors + sectorSize; sectors < end; sectors += 32) {
      v128.store(sectors, v128.xor(v128.load(sectors), low))
      v128.store(sectors, v128.xor(v128.load(sectors, 16), high), 16)
    }
  }
}
