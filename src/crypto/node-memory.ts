/** The WebAssembly memory of one sector cipher: a buffer for the caller, then scratch that its parts reserve. */

/**
 * Sectors are worked on in pieces of this size. Measured: 1 MiB costs a third of the speed, since it does not stay in a core's
 * cache; 64 KiB cost 3 % more processor time than this, by their number. From 128 KiB on each result of AES is memory fresh
 * from the system until the allocator has learned: 100 ms a thread. Four sectors of the largest size, or more such fours:
 * the diffuser takes four at a time, and fills the last four up.
 */
export const PIECE_LENGTH = 112 * 1024

const WASM_PAGE = 64 * 1024
/** Two pieces, and the tweaks of one. */
const SCRATCH_LENGTH = 2 * PIECE_LENGTH + WASM_PAGE

export interface CipherMemory {
  readonly memory: WebAssembly.Memory
  /** All of it. */
  readonly bytes: Uint8Array
  readonly view: DataView
  /** The caller's part. */
  readonly buffer: Uint8Array
  readonly sectorSize: number
  /** Address of that many bytes of scratch, all zeros, on a 64-byte border. */
  reserve(length: number): number
}

export function createMemory(bufferLength: number, sectorSize: number): CipherMemory {
  const bufferPages = Math.ceil(bufferLength / WASM_PAGE)
  const pages = bufferPages + Math.ceil(SCRATCH_LENGTH / WASM_PAGE)
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages })
  let free = bufferPages * WASM_PAGE
  return {
    memory,
    bytes: new Uint8Array(memory.buffer),
    view: new DataView(memory.buffer),
    buffer: new Uint8Array(memory.buffer, 0, bufferLength),
    sectorSize,
    reserve(length) {
      const at = free
      free += Math.ceil(length / 64) * 64
      if (free > memory.buffer.byteLength) throw new RangeError(`no ${length} bytes of scratch left`)
      return at
    },
  }
}
