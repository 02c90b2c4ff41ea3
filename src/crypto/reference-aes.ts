/**
 * AES as FIPS 197 tells it: one block, bytes in column order, tables computed from their definition. The specification of
 * everything fast in this folder, and far too slow for anything else.
 *
 * Not constant in time: its look-ups depend on the key. It serves tests and environments without another AES.
 */

const BLOCK = 16

/** Multiplication by x in GF(2^8), modulo x^8 + x^4 + x^3 + x + 1 (FIPS 197, 4.2.1). */
const xtime = (value: number): number => ((value << 1) ^ (value & 0x80 ? 0x11b : 0)) & 0xff

function multiply(a: number, b: number): number {
  let product = 0
  for (let factor = a, bits = b; bits !== 0; bits >>= 1, factor = xtime(factor)) {
    if (bits & 1) product ^= factor
  }
  return product
}

const BYTES = Uint8Array.from({ length: 256 }, (_, value) => value)

/** The S-box: the inverse in GF(2^8), where 0 stands for its own, then an affine map (FIPS 197, 5.1.1). */
const SBOX = BYTES.map((value) => {
  const inverse = Math.max(
    0,
    BYTES.findIndex((other) => multiply(value, other) === 1),
  )
  let result = 0x63
  for (let shift = 0; shift < 5; shift++) result ^= (inverse << shift) | (inverse >> (8 - shift))
  return result
})
const INVERSE_SBOX = BYTES.map((value) => SBOX.indexOf(value))

/** The columns of MixColumns and its inverse (5.1.3, 5.3.3), each factor as the table of its multiples. */
const MIX = [2, 1, 1, 3].map(multiplesOf)
const INVERSE_MIX = [14, 9, 13, 11].map(multiplesOf)

function multiplesOf(factor: number): Uint8Array {
  return BYTES.map((value) => multiply(value, factor))
}

export interface AesKey {
  /** Ten rounds and more, 16 bytes each, the first one included. */
  readonly roundKeys: readonly Uint8Array[]
}

/** @throws RangeError unless the key has 16 or 32 bytes. */
export function expandKey(key: Uint8Array): AesKey {
  if (key.length !== 16 && key.length !== 32) throw new RangeError(`an AES key of ${key.length} bytes`)
  const keyWords = key.length / 4
  const rounds = keyWords + 6
  const words: number[][] = []
  let roundConstant = 1
  for (let i = 0; i < 4 * (rounds + 1); i++) {
    if (i < keyWords) {
      words.push([...key.subarray(4 * i, 4 * i + 4)])
      continue
    }
    let word = words[i - 1]!
    if (i % keyWords === 0) {
      word = [word[1]!, word[2]!, word[3]!, word[0]!].map((byte) => SBOX[byte]!)
      word[0]! ^= roundConstant
      roundConstant = xtime(roundConstant)
    } else if (keyWords > 6 && i % keyWords === 4) {
      word = word.map((byte) => SBOX[byte]!)
    }
    words.push(words[i - keyWords]!.map((byte, j) => byte ^ word[j]!))
  }
  const roundKeys = Array.from({ length: rounds + 1 }, (_, round) =>
    Uint8Array.from(words.slice(4 * round, 4 * round + 4).flat()),
  )
  return { roundKeys }
}

export function encryptBlock({ roundKeys }: AesKey, block: Uint8Array): Uint8Array {
  let state = xor(block, roundKeys[0]!)
  for (let round = 1; round < roundKeys.length; round++) {
    state = shiftRows(substitute(state, SBOX), 1)
    if (round < roundKeys.length - 1) state = mixColumns(state, MIX)
    state = xor(state, roundKeys[round]!)
  }
  return state
}

export function decryptBlock({ roundKeys }: AesKey, block: Uint8Array): Uint8Array {
  let state = block
  for (let round = roundKeys.length - 1; round > 0; round--) {
    state = xor(state, roundKeys[round]!)
    if (round < roundKeys.length - 1) state = mixColumns(state, INVERSE_MIX)
    state = substitute(shiftRows(state, -1), INVERSE_SBOX)
  }
  return xor(state, roundKeys[0]!)
}

export function xor(a: Uint8Array, b: Uint8Array): Uint8Array {
  return a.map((byte, i) => byte ^ b[i]!)
}

function substitute(state: Uint8Array, box: Uint8Array): Uint8Array {
  return state.map((byte) => box[byte]!)
}

/** Row r moves r columns to the left, or back. */
function shiftRows(state: Uint8Array, direction: 1 | -1): Uint8Array {
  return state.map((_, i) => state[(i + direction * 4 * (i % 4) + BLOCK) % BLOCK]!)
}

function mixColumns(state: Uint8Array, matrix: readonly Uint8Array[]): Uint8Array {
  return state.map((_, i) => {
    const column = i - (i % 4)
    let sum = 0
    for (let row = 0; row < 4; row++) sum ^= matrix[(i - row + 16) % 4]![state[column + row]!]!
    return sum
  })
}
