/**
 * The three modes over one piece of sectors: AES-ECB in bulk, and kernels before and after it. What they compute is
 * written down in `reference-sector-cipher.ts`; the memory layouts of the kernels are in `src/kernels/`.
 */
import { createCipheriv, createDecipheriv, createSecretKey } from "node:crypto"
import { MessageChannel } from "node:worker_threads"
import { loadKernel } from "./node-kernels.ts"
import { type CipherMemory, PIECE_LENGTH } from "./node-memory.ts"

/** Whole sectors in the memory of the cipher, at most PIECE_LENGTH bytes, changed in place. */
export interface Piece {
  readonly at: number
  readonly length: number
  /** Byte offset in the volume. */
  readonly position: number
}

export interface Mode {
  decrypt(piece: Piece): void
  encrypt(piece: Piece): void
}

const BLOCK = 16
const SMALLEST_SECTOR = 512

export function createXts(memory: CipherMemory, dataKey: Uint8Array, tweakKey: Uint8Array): Mode {
  const { bytes, sectorSize } = memory
  const kernel = loadKernel("xts", memory.memory)
  const tweaks = createTweaks(memory, tweakKey)
  const masks = memory.reserve(PIECE_LENGTH)

  const masked = (ecb: Ecb): Mode["decrypt"] => {
    return ({ at, length, position }) => {
      const sectorCount = length / sectorSize
      tweaks.make(position / sectorSize, 1, sectorCount)
      kernel.maskSectors(at, masks, tweaks.at, sectorCount, sectorSize)
      ecb(bytes.subarray(at, at + length), at)
      kernel.applyMasks(at, masks, length)
    }
  }
  return {
    decrypt: masked(createEcb(memory, dataKey, createDecipheriv)),
    encrypt: masked(createEcb(memory, dataKey, createCipheriv)),
  }
}

export function createCbc(memory: CipherMemory, dataKey: Uint8Array): Mode {
  const chain = createChain(memory, dataKey)
  return { decrypt: (piece) => chain.decrypt(piece, piece.at), encrypt: chain.encrypt }
}

export function createDiffuser(memory: CipherMemory, dataKey: Uint8Array, tweakKey: Uint8Array): Mode {
  const { bytes, sectorSize } = memory
  const kernel = loadKernel("diffuser", memory.memory)
  const chain = createChain(memory, dataKey)
  const keys = createTweaks(memory, tweakKey, [0x00, 0x80])
  const lanes = memory.reserve(4 * sectorSize + 256)
  // The kernel takes four sectors at a time: there is room for that here, but perhaps not where the piece lies.
  const work = chain.work

  return {
    decrypt(piece) {
      const { at, length, position } = piece
      chain.decrypt(piece, work)
      keys.make(position, sectorSize, length / sectorSize)
      kernel.decryptSectors(work, keys.at, lanes, length / sectorSize, sectorSize)
      bytes.copyWithin(at, work, work + length)
    },
    encrypt(piece) {
      const { at, length, position } = piece
      bytes.copyWithin(work, at, at + length)
      keys.make(position, sectorSize, length / sectorSize)
      kernel.encryptSectors(work, keys.at, lanes, length / sectorSize, sectorSize)
      bytes.copyWithin(at, work, work + length)
      chain.encrypt(piece)
    },
  }
}

/** CBC of each sector for itself, its IV the encrypted byte offset. */
function createChain(memory: CipherMemory, dataKey: Uint8Array) {
  const { bytes, sectorSize } = memory
  const kernel = loadKernel("cbc", memory.memory)
  const ivs = createTweaks(memory, dataKey)
  const work = memory.reserve(PIECE_LENGTH)
  const ecb = createEcb(memory, dataKey, createDecipheriv)
  const continuing = createCipheriv(
    `aes-${8 * dataKey.length}-cbc`,
    createSecretKey(dataKey),
    bytes.slice(0, BLOCK).fill(0),
  )
  let last: Uint8Array = new Uint8Array(BLOCK)

  return {
    /** Scratch between calls. */
    work,
    /** To `target`, which may be the place of the piece or `work`. */
    decrypt({ at, length, position }: Piece, target: number): void {
      const sectorCount = length / sectorSize
      ivs.make(position, sectorSize, sectorCount)
      ecb(bytes.subarray(at, at + length), work)
      kernel.chainBlocks(target, work, at, ivs.at, sectorCount, sectorSize)
    },
    /**
     * Encryption cannot go in bulk: each block needs the one before it. One cipher goes on from sector to sector, which
     * is cheaper than one for each; so the last block of the sector before is taken out together with the IV's coming in.
     */
    encrypt({ at, length, position }: Piece): void {
      ivs.make(position, sectorSize, length / sectorSize)
      for (let done = 0; done < length; done += sectorSize) {
        const sector = bytes.subarray(at + done, at + done + sectorSize)
        const iv = ivs.at + (done / sectorSize) * BLOCK
        for (let i = 0; i < BLOCK; i++) sector[i]! ^= bytes[iv + i]! ^ last[i]!
        sector.set(continuing.update(sector))
        last = sector.slice(-BLOCK)
      }
    },
  }
}

/** A number of 16 bytes for each sector, encrypted: an IV, a tweak, or, once for each of `lastBytes`, a sector key. */
function createTweaks(memory: CipherMemory, key: Uint8Array, lastBytes: readonly number[] = [0]) {
  const { bytes, view } = memory
  const capacity = (PIECE_LENGTH / SMALLEST_SECTOR) * lastBytes.length * BLOCK
  const numbers = memory.reserve(capacity)
  const at = memory.reserve(capacity)
  const ecb = createEcb(memory, key, createCipheriv)
  for (let i = 0; i < capacity / BLOCK; i++)
    bytes[numbers + i * BLOCK + 15] = lastBytes[i % lastBytes.length]!

  return {
    at,
    /** For `first`, `first + step` and so on: exact beyond 32 bits, since setUint32 takes the number modulo 2^32. */
    make(first: number, step: number, sectorCount: number): void {
      let end = numbers
      for (let sector = 0; sector < sectorCount; sector++) {
        const number = first + sector * step
        for (let i = 0; i < lastBytes.length; i++, end += BLOCK) {
          view.setUint32(end, number, true)
          view.setUint32(end + 4, Math.floor(number / 2 ** 32), true)
        }
      }
      ecb(bytes.subarray(numbers, end), at)
    },
  }
}

/** From the blocks to the same number of bytes at `to` in the memory. */
type Ecb = (blocks: Uint8Array, to: number) => void

/** One cipher object for ever: ECB keeps no state between its blocks. A KeyObject, since raw keys are slow in Node 24. */
function createEcb(
  { bytes }: CipherMemory,
  key: Uint8Array,
  create: typeof createCipheriv | typeof createDecipheriv,
): Ecb {
  const cipher = create(`aes-${8 * key.length}-ecb`, createSecretKey(key), null).setAutoPadding(false)
  return (blocks, to) => {
    const result = cipher.update(blocks)
    bytes.set(result, to)
    free(result)
  }
}

const nowhere = new MessageChannel().port1
nowhere.close()

/**
 * Each result of a cipher has memory of its own, which would wait for the next collection, and the result after it would
 * get cold memory: 80,000 page faults a GiB. Sent to a closed port, it is given back at once. Small results share a pool.
 */
function free({ buffer, byteLength }: Uint8Array): void {
  if (buffer.byteLength === byteLength) nowhere.postMessage(null, [buffer as ArrayBuffer])
}
