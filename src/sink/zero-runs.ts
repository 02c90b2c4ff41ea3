/**
 * Which parts of a write need writing into a file whose bytes are zero already. Blocks of the file system are the unit,
 * and a short run of zeros inside of data is written with it: one call less, and no fragment more.
 */
import { type Extent, alignUp, extentBetween } from "../extents/extent.ts"

const BLOCK = 4096
/** A shorter run of zeros costs more to skip than to write. */
const WORTH_SKIPPING = 16384
const ZEROS = new Uint8Array(BLOCK)

/** The parts of `bytes`, which stand at `at`, that hold data: in positions of `bytes`, in order. */
export function dataExtents(at: number, bytes: Uint8Array): Extent[] {
  if (bytes.length === 0) return []
  return mayHoldRun(at, bytes) ? splitAtRuns(at, bytes) : [extentBetween(0, bytes.length)]
}

/** Every run that is worth skipping covers one of these places, with the whole block that it is in. */
function mayHoldRun(at: number, bytes: Uint8Array): boolean {
  for (let place = 0; place < bytes.length; place += WORTH_SKIPPING) {
    if (bytes[place] === 0 && isZero(bytes, place, endOfBlock(at, bytes, place))) return true
  }
  return false
}

function splitAtRuns(at: number, bytes: Uint8Array): Extent[] {
  const found: Extent[] = []
  let dataStart = -1
  let dataEnd = 0
  for (let start = 0; start < bytes.length;) {
    const end = endOfBlock(at, bytes, start)
    // The first byte tells nearly every block of data.
    if (bytes[start] !== 0 || !isZero(bytes, start, end)) {
      if (dataStart >= 0 && start - dataEnd >= WORTH_SKIPPING) {
        found.push(extentBetween(dataStart, dataEnd))
        dataStart = -1
      }
      if (dataStart < 0) dataStart = start
      dataEnd = end
    }
    start = end
  }
  if (dataStart >= 0) found.push(extentBetween(dataStart, dataEnd))
  return found
}

function endOfBlock(at: number, bytes: Uint8Array, start: number): number {
  return Math.min(bytes.length, alignUp(at + start + 1, BLOCK) - at)
}

/** With memcmp: 30 GiB/s, where a loop over 64-bit words reaches 7. */
function isZero(bytes: Uint8Array, start: number, end: number): boolean {
  return Buffer.compare(bytes.subarray(start, end), ZEROS.subarray(0, end - start)) === 0
}
