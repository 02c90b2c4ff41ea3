/**
 * Size and sector size of a raw device where the system tells neither (no ioctl from Node): found by reading. Nothing but
 * reads of one sector, some eighty of them.
 * Unconfirmed: Windows and macOS were not at hand; proven on Linux devices and on sources in memory.
 */
import { errnoOf } from "./failures.ts"
import type { Pread } from "./fill.ts"
import { pageMemory } from "./page-memory.ts"

/** No drive is larger; a search that gets here met a device without an end. */
const LARGEST = 2 ** 52
/** Positions that are tried are multiples of it: every known sector size divides it. */
const UNIT = 4096

/** The smallest of the known sector sizes in which the device can be read. */
export async function probeSectorSize(pread: Pread): Promise<number> {
  try {
    await pread(512, pageMemory(512).subarray(0, 512))
    return 512
  } catch (error) {
    return errnoOf(error) === "EINVAL" ? 4096 : 512
  }
}

/** The first multiple of the sector size behind which nothing can be read; 0 for a device without a medium. */
export async function probeSize(pread: Pread, sectorSize: number): Promise<number> {
  const sector = pageMemory(sectorSize).subarray(0, sectorSize)
  const reads = async (at: number): Promise<boolean> => {
    try {
      return (await pread(at, sector)) > 0
    } catch {
      return false
    }
  }
  // A bad sector inside must not pass for the end: what can be read further on proves that this is inside.
  const isInside = async (at: number): Promise<boolean> =>
    (await reads(at)) || (await reads(at + UNIT)) || (await reads(at + 256 * UNIT))

  let inside = 0
  let outside = UNIT
  while (outside < LARGEST && (await isInside(outside))) [inside, outside] = [outside, outside * 2]
  while (outside - inside > UNIT) {
    const middle = inside + Math.floor((outside - inside) / 2 / UNIT) * UNIT
    if (await isInside(middle)) inside = middle
    else outside = middle
  }
  let size = inside
  while (size < outside && (await reads(size))) size += sectorSize
  return size
}
