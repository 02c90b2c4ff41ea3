/**
 * Plaintext of any size that is an NTFS volume at its beginning and its end, which the proof of the result looks at, and
 * has no two equal sectors in between: nothing in it can be skipped as zeros.
 */
import { readFileSync } from "node:fs"
import { gunzipSync } from "node:zlib"
import type { PlaintextImage } from "../test/forge/blueprint.ts"

/** Compiled, the benchmark lies two folders deeper; the tests borrow this file as it is. */
const ROOT = new URL(import.meta.url.includes("/bench/dist/") ? "../../../" : "../", import.meta.url)
const NTFS_FIXTURE = new URL("test/fixtures/ntfs-512.img.gz", ROOT)
const SECTOR = 512
/** Of the boot sector: sectors in the volume, its last one (a copy of this sector) not counted. */
const SECTOR_COUNT_AT = 0x28
const WORDS_IN_SECTOR = SECTOR / 4

/** The fixture, said to be larger than it is, and sectors of a counted pattern after it. */
export function plaintextOf(size: number): PlaintextImage {
  const base = gunzipSync(readFileSync(NTFS_FIXTURE))
  base.writeBigUInt64LE(BigInt(size / SECTOR - 1), SECTOR_COUNT_AT)
  const bootSector = base.subarray(0, SECTOR)
  return {
    size,
    read(at, length) {
      const bytes = new Uint8Array(length)
      fillPattern(bytes, at)
      if (at < base.length) bytes.set(base.subarray(at, at + length))
      const copyAt = size - SECTOR - at
      if (copyAt >= 0 && copyAt < length) bytes.set(bootSector, copyAt)
      return bytes
    },
  }
}

/** Where nothing of the file system lies: all that the fixture does not reach. */
export function freeRoomOf(size: number): { start: number; length: number }[] {
  const { length } = gunzipSync(readFileSync(NTFS_FIXTURE))
  return [{ start: length, length: size - length - SECTOR }]
}

/** A multiplicative pattern: every word depends on its position, and no byte pattern repeats within 16 GiB. */
function fillPattern(bytes: Uint8Array, at: number): void {
  const words = new Uint32Array(bytes.buffer)
  let position = at / 4
  for (let i = 0; i < words.length; i++)
    words[i] = Math.imul(position++, 0x9e3779b1) ^ (position / WORDS_IN_SECTOR)
}
