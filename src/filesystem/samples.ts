/**
 * Samples spread evenly over parts of a source, for judgements that need no more than a look here and there. The first of
 * them lies at the start, where whatever has a structure begins with it.
 */
import { isAllZero } from "../bytes/compare.ts"
import { looksRandom } from "../bytes/entropy.ts"
import { type Extent, alignDown, alignUp, extent, intersect, totalLength } from "../extents/extent.ts"
import type { ByteSource } from "../source/byte-source.ts"
import { readBytes } from "../source/read-bytes.ts"

const SAMPLE_LENGTH = 4096
const MOST_SAMPLES = 128
const SECTOR = 512
const AES_BLOCK = 16

/** What a look at each sample says. */
export interface SampleFigures {
  readonly taken: number
  readonly unreadable: number
  readonly zero: number
  /** Nothing but one 16-byte block over and over, as AES-CBC makes, with any key, of a sector that was never written. */
  readonly repeated: number
  readonly random: number
  /** None of the above: somebody's data. */
  readonly structured: number
}

/** Never across the end of a part: what follows it is of another kind. */
function sampleExtents(within: readonly Extent[]): Extent[] {
  const step = Math.max(SAMPLE_LENGTH, alignUp(Math.floor(totalLength(within) / MOST_SAMPLES), SAMPLE_LENGTH))
  const samples = []
  // How far into the next extent the next sample lies.
  let ahead = 0
  for (const part of within) {
    for (; ahead < part.length; ahead += step) {
      samples.push(intersect(part, extent(part.start + ahead, SAMPLE_LENGTH)))
    }
    ahead -= part.length
  }
  return samples
}

/** Reads at most 512 KiB. */
export async function judgeSamples(source: ByteSource, within: readonly Extent[]): Promise<SampleFigures> {
  const figures = { taken: 0, unreadable: 0, zero: 0, repeated: 0, random: 0, structured: 0 }
  for (const { start, length } of sampleExtents(within)) {
    const { bytes, unreadable } = await readBytes(source, start, length)
    const isPartOfSector = bytes.length < SECTOR && figures.taken > 0
    if (bytes.length === 0 || isPartOfSector) continue
    figures.taken++
    figures[unreadable.length > 0 ? "unreadable" : lookAt(bytes)]++
  }
  return figures
}

/** Sectors that say nothing are left out of the entropy: an encrypted area with a hole in it has no structure. */
export function lookAt(sample: Uint8Array): "zero" | "repeated" | "random" | "structured" {
  const end = alignDown(sample.length, SECTOR) || sample.length
  const sectors = []
  for (let at = 0; at < end; at += SECTOR) sectors.push(sample.subarray(at, at + SECTOR))
  const written = sectors.filter((sector) => !isAllZero(sector))
  if (written.length === 0) return "zero"
  const telling = written.filter((sector) => !isRepeatedBlock(sector))
  if (telling.length === 0) return "repeated"
  return looksRandom(...telling) ? "random" : "structured"
}

/** The first block differs, by the initialisation vector. One byte value all over is a pattern that no cipher makes. */
function isRepeatedBlock(sector: Uint8Array): boolean {
  for (let i = 2 * AES_BLOCK; i < sector.length; i++) {
    if (sector[i] !== sector[i - AES_BLOCK]) return false
  }
  return sector.some((byte) => byte !== sector[0])
}
