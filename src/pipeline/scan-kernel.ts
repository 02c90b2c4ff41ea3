/**
 * The kernel that searches at the speed of memory, behind the shape of its twin `findCandidates`: it searches its own memory,
 * which pieces of the source are read into. Source and memory layout: `kernels/scan.ts`.
 */
import { readFileSync } from "node:fs"
import type { FindCandidates, Reach } from "../fve/index.ts"

export interface ScanKernel {
  /** Page-aligned memory to read into. A window's bytes are its head. */
  readonly buffer: Uint8Array
  readonly find: FindCandidates
}

interface Searches {
  findInSectors: Search
  findAnywhere: Search
  findDatums: Search
}
type Search = (at: number, end: number, found: number, room: number) => number

const PAGE = 65536
/** What a search reads behind the last start, and more. */
const TAIL = 1024
/** Addresses that one call can return. */
const ROOM = 4096

export function openScanKernel(bufferLength: number): ScanKernel {
  const foundAt = Math.ceil((bufferLength + TAIL) / PAGE) * PAGE
  const memory = new WebAssembly.Memory({ initial: foundAt / PAGE + Math.ceil((ROOM * 4) / PAGE) })
  const module = new WebAssembly.Module(readFileSync(new URL("../kernels/scan.wasm", import.meta.url)))
  const searches = new WebAssembly.Instance(module, { env: { memory } }).exports as unknown as Searches
  const bytes = new Uint8Array(memory.buffer)
  const found = new Uint32Array(memory.buffer, foundAt, ROOM)

  function collect(search: Search, starts: number): number[] {
    const positions: number[] = []
    for (let at = 0; ; at = positions.at(-1)! + 1) {
      const count = search(at, starts, foundAt, ROOM)
      positions.push(...found.subarray(0, count))
      if (count < ROOM) return positions
    }
  }

  return {
    buffer: bytes.subarray(0, bufferLength),
    find({ bytes: window, starts }, reach: Reach) {
      if (window.buffer !== memory.buffer || window.byteOffset !== 0) {
        throw new RangeError("the kernel searches its own buffer only")
      }
      bytes.fill(0, window.length, window.length + TAIL)
      const structures = collect(
        reach === "anywhere" ? searches.findAnywhere : searches.findInSectors,
        starts,
      )
      const datums = collect(searches.findDatums, starts)
      return structures.length === 0 ? datums : [...structures, ...datums].sort((a, b) => a - b)
    },
  }
}
