/**
 * The sector ciphers, written to be compared with the words of their documents: CBC with the IV of a byte offset,
 * XTS (IEEE 1619) with the number of a sector, and the Elephant diffuser of N. Ferguson's paper "AES-CBC + Elephant
 * diffuser" (2006) around CBC.
 *
 * Two surprises: CBC and the diffuser count bytes where XTS counts sectors, whatever the sector size; and both diffusers
 * work in place, so that they meet words which the same turn has already changed.
 */
import { splitFvek } from "./fvek.ts"
import { checkSectors, checkSectorSize } from "./inputs.ts"
import { type EncryptionMethod, methodFacts } from "./method.ts"
import { type AesKey, decryptBlock, encryptBlock, expandKey, xor } from "./reference-aes.ts"
import type { SectorCipher } from "./sector-cipher.ts"

const BLOCK = 16

/** Both directions for one sector at a position. */
interface SectorTransform {
  decrypt(sector: Uint8Array, position: number): Uint8Array
  encrypt(sector: Uint8Array, position: number): Uint8Array
}

export function createReferenceSectorCipher(
  method: EncryptionMethod,
  fvek: Uint8Array,
  sectorSize: number,
  { bufferLength = 64 * 1024 }: { readonly bufferLength?: number } = {},
): SectorCipher {
  checkSectorSize(sectorSize)
  const { dataKey, tweakKey } = splitFvek(method, fvek)
  const transform = createTransform(method, expandKey(dataKey), tweakKey && expandKey(tweakKey), sectorSize)

  const eachSector = (sectors: Uint8Array, position: number, apply: SectorTransform["decrypt"]): void => {
    checkSectors(cipher, sectors, position)
    for (let at = 0; at < sectors.length; at += sectorSize) {
      sectors.set(apply(sectors.subarray(at, at + sectorSize), position + at), at)
    }
  }
  const cipher: SectorCipher = {
    method,
    sectorSize,
    buffer: new Uint8Array(Math.ceil(bufferLength / sectorSize) * sectorSize),
    decrypt: (sectors, position) => eachSector(sectors, position, transform.decrypt),
    encrypt: (sectors, position) => eachSector(sectors, position, transform.encrypt),
  }
  return cipher
}

function createTransform(
  method: EncryptionMethod,
  dataKey: AesKey,
  tweakKey: AesKey | undefined,
  sectorSize: number,
): SectorTransform {
  const cbc = createCbc(dataKey)
  if (!tweakKey) return cbc
  return methodFacts(method).mode === "xts"
    ? createXts(dataKey, tweakKey, sectorSize)
    : withDiffuser(cbc, tweakKey)
}

/** CBC over the whole sector; the IV is the encrypted byte offset, for sectors of every size. */
function createCbc(key: AesKey): SectorTransform {
  return {
    decrypt(sector, position) {
      let previous = encryptBlock(key, littleEndian128(position))
      return mapBlocks(sector, (block) => {
        const plaintext = xor(decryptBlock(key, block), previous)
        previous = block
        return plaintext
      })
    },
    encrypt(sector, position) {
      let previous = encryptBlock(key, littleEndian128(position))
      return mapBlocks(sector, (block) => (previous = encryptBlock(key, xor(block, previous))))
    },
  }
}

/** XTS with the sector as its data unit: sectors are whole blocks, so ciphertext is never stolen. */
function createXts(dataKey: AesKey, tweakKey: AesKey, sectorSize: number): SectorTransform {
  const masked = (sector: Uint8Array, position: number, aes: typeof encryptBlock): Uint8Array => {
    let tweak = encryptBlock(tweakKey, littleEndian128(position / sectorSize))
    return mapBlocks(sector, (block) => {
      const result = xor(aes(dataKey, xor(block, tweak)), tweak)
      tweak = timesAlpha(tweak)
      return result
    })
  }
  return {
    decrypt: (sector, position) => masked(sector, position, decryptBlock),
    encrypt: (sector, position) => masked(sector, position, encryptBlock),
  }
}

/** Multiplication by x in GF(2^128), modulo x^128 + x^7 + x^2 + x + 1, least significant byte first. */
function timesAlpha(tweak: Uint8Array): Uint8Array {
  const doubled = tweak.map((byte, i) => (byte << 1) | (i === 0 ? 0 : tweak[i - 1]! >> 7))
  if (tweak[15]! & 0x80) doubled[0]! ^= 0x87
  return doubled
}

/** Rotations of the two diffusers, by the word's index modulo 4. */
const ROTATIONS_A = [9, 0, 13, 0] as const
const ROTATIONS_B = [0, 10, 0, 25] as const
const TURNS_A = 5
const TURNS_B = 3

function withDiffuser(cbc: SectorTransform, tweakKey: AesKey): SectorTransform {
  return {
    decrypt(sector, position) {
      const words = wordsOf(cbc.decrypt(sector, position))
      const n = words.length
      for (let turn = 0; turn < TURNS_B; turn++) {
        for (let i = 0; i < n; i++) {
          words[i]! += words[(i + 2) % n]! ^ rotl(words[(i + 5) % n]!, ROTATIONS_B[i % 4]!)
        }
      }
      for (let turn = 0; turn < TURNS_A; turn++) {
        for (let i = 0; i < n; i++) {
          words[i]! += words[(i - 2 + n) % n]! ^ rotl(words[(i - 5 + n) % n]!, ROTATIONS_A[i % 4]!)
        }
      }
      return xorSectorKey(bytesOf(words), tweakKey, position)
    },
    encrypt(sector, position) {
      const words = wordsOf(xorSectorKey(sector, tweakKey, position))
      const n = words.length
      for (let turn = 0; turn < TURNS_A; turn++) {
        for (let i = n - 1; i >= 0; i--) {
          words[i]! -= words[(i - 2 + n) % n]! ^ rotl(words[(i - 5 + n) % n]!, ROTATIONS_A[i % 4]!)
        }
      }
      for (let turn = 0; turn < TURNS_B; turn++) {
        for (let i = n - 1; i >= 0; i--) {
          words[i]! -= words[(i + 2) % n]! ^ rotl(words[(i + 5) % n]!, ROTATIONS_B[i % 4]!)
        }
      }
      return cbc.encrypt(bytesOf(words), position)
    },
  }
}

/** The sector key: two encryptions of the byte offset, told apart by the last byte, repeated over the sector. */
function xorSectorKey(sector: Uint8Array, tweakKey: AesKey, position: number): Uint8Array {
  const first = littleEndian128(position)
  const second = first.with(15, 0x80)
  const key = [...encryptBlock(tweakKey, first), ...encryptBlock(tweakKey, second)]
  return sector.map((byte, i) => byte ^ key[i % key.length]!)
}

function mapBlocks(sector: Uint8Array, map: (block: Uint8Array) => Uint8Array): Uint8Array {
  const out = new Uint8Array(sector.length)
  for (let at = 0; at < sector.length; at += BLOCK) out.set(map(sector.slice(at, at + BLOCK)), at)
  return out
}

/** Exact for every safe integer: no operation on 32 bits is involved. */
function littleEndian128(value: number): Uint8Array {
  const out = new Uint8Array(BLOCK)
  for (let i = 0, rest = value; rest > 0; i++, rest = Math.floor(rest / 256)) out[i] = rest % 256
  return out
}

function wordsOf(bytes: Uint8Array): Uint32Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  return Uint32Array.from({ length: bytes.length / 4 }, (_, i) => view.getUint32(4 * i, true))
}

function bytesOf(words: Uint32Array): Uint8Array {
  const bytes = new Uint8Array(4 * words.length)
  const view = new DataView(bytes.buffer)
  words.forEach((word, i) => view.setUint32(4 * i, word, true))
  return bytes
}

/** A shift by 32 bits is one by none, so that a rotation by none is right too. */
function rotl(word: number, bits: number): number {
  return (word << bits) | (word >>> (32 - bits))
}
