/** The entries of a FAT: where a chain of clusters goes on. */
import { viewOf } from "../../bytes/struct.ts"
import { looksRandom } from "../../bytes/entropy.ts"
import type { ByteSource } from "../../source/byte-source.ts"
import { readBytes } from "../../source/read-bytes.ts"

export type FatBits = 12 | 16 | 32

export interface FatTable {
  readonly at: number
  /** FAT32 has 28 bits in an entry of 32; exFAT has all of them. */
  readonly bits: FatBits
  readonly clusterCount: number
}

/** What the entry of a cluster says; `undefined` when it cannot be read. */
export async function fatEntry(
  source: ByteSource,
  { at, bits }: FatTable,
  cluster: number,
): Promise<number | undefined> {
  const start = at + Math.floor((cluster * bits) / 8)
  const { bytes, unreadable } = await readBytes(source, start, bits === 32 ? 4 : 2)
  if (unreadable.length > 0 || bytes.length < (bits === 32 ? 4 : 2)) return undefined
  const view = viewOf(bytes)
  if (bits === 32) return view.getUint32(0, true)
  const value = view.getUint16(0, true)
  if (bits === 16) return value
  return cluster % 2 === 0 ? value & 0xfff : value >> 4
}

/**
 * Whether a sector from the inside of a FAT is one: every entry is free, bad, an end mark, or a cluster of the volume. A
 * large FAT16 has nearly all values of an entry for clusters, so a sector that looks random is none either.
 */
export function isFatSector(sector: Uint8Array, { bits, clusterCount }: FatTable): boolean {
  if (looksRandom(sector)) return false
  if (bits === 12) return true
  const view = viewOf(sector)
  const mask = bits === 32 ? 0x0fff_ffff : 0xffff
  for (let at = 0; at + bits / 8 <= sector.length; at += bits / 8) {
    const value = bits === 32 ? view.getUint32(at, true) & mask : view.getUint16(at, true)
    const isMark = value === 1 || value >= mask - 0xf
    if (value >= clusterCount + 2 && !isMark) return false
  }
  return true
}
