/**
 * The fast sector ciphers: AES-ECB calls over many sectors at once, which is all that OpenSSL is asked for, and kernels
 * for what lies around them (`node-cipher-modes.ts`). A cipher object for every sector would be many times slower.
 *
 * Everything happens in one WebAssembly memory, in pieces that stay in a core's own cache:
 *
 *   buffer     the caller's: `cipher.buffer`. It begins the memory and so a page
 *   piece      where pieces of any other buffer are copied in and out
 *   scratch    what the modes reserve
 */
import { splitFvek } from "./fvek.ts"
import { checkSectors, checkSectorSize } from "./inputs.ts"
import { type EncryptionMethod, methodFacts } from "./method.ts"
import { createCbc, createDiffuser, createXts, type Mode } from "./node-cipher-modes.ts"
import { type CipherMemory, createMemory, PIECE_LENGTH } from "./node-memory.ts"
import type { SectorCipher } from "./sector-cipher.ts"

const DEFAULT_BUFFER_LENGTH = 1024 * 1024

export function createNodeSectorCipher(
  method: EncryptionMethod,
  fvek: Uint8Array,
  sectorSize: number,
  { bufferLength = DEFAULT_BUFFER_LENGTH }: { readonly bufferLength?: number } = {},
): SectorCipher {
  checkSectorSize(sectorSize)
  const { dataKey, tweakKey } = splitFvek(method, fvek)
  const memory = createMemory(Math.ceil(bufferLength / sectorSize) * sectorSize, sectorSize)
  const mode = createMode(method, memory, dataKey, tweakKey)
  const foreignPiece = memory.reserve(PIECE_LENGTH)

  const eachPiece = (sectors: Uint8Array, position: number, apply: Mode["decrypt"]): void => {
    checkSectors(cipher, sectors, position)
    const isOurs = sectors.buffer === memory.bytes.buffer
    for (let done = 0; done < sectors.length; done += PIECE_LENGTH) {
      const part = sectors.subarray(done, done + PIECE_LENGTH)
      const at = isOurs ? part.byteOffset : foreignPiece
      if (!isOurs) memory.bytes.set(part, at)
      apply({ at, length: part.length, position: position + done })
      if (!isOurs) part.set(memory.bytes.subarray(at, at + part.length))
    }
  }
  const cipher: SectorCipher = {
    method,
    sectorSize,
    buffer: memory.buffer,
    decrypt: (sectors, position) => eachPiece(sectors, position, mode.decrypt),
    encrypt: (sectors, position) => eachPiece(sectors, position, mode.encrypt),
  }
  return cipher
}

function createMode(
  method: EncryptionMethod,
  memory: CipherMemory,
  dataKey: Uint8Array,
  tweakKey: Uint8Array | undefined,
): Mode {
  if (!tweakKey) return createCbc(memory, dataKey)
  const create = methodFacts(method).mode === "xts" ? createXts : createDiffuser
  return create(memory, dataKey, tweakKey)
}
