/**
 * Which reading of the key, which sector size and which start of the volume decrypt the samples to something. Starts are
 * tried in the order of their likelihood: those that somebody names, those that partitioning tools choose, and last every
 * sector, which is affordable for the first part of a disk only.
 */
import type { SectorCipher } from "../crypto/sector-cipher.ts"
import { extent } from "../extents/extent.ts"
import type { VolumeKeys } from "../fve/index.ts"
import {
  ENOUGH_BITS,
  type Evidence,
  type Sample,
  isConvincing,
  positionsOf,
  sectorsOf,
  weigh,
} from "./search-geometry-evidence.ts"

/** A key in one of its readings, with one sector size. */
export interface Reading {
  readonly keys: VolumeKeys
  readonly sectorSize: number
  readonly cipher: SectorCipher
}

export interface Hypothesis extends Reading {
  readonly start: number
  readonly evidence: Evidence
}

const MIB = 1 << 20
/** Where the first partition began until Windows Vista. */
const OLD_START = 63 * 512
/** Whole megabytes are tried that far. */
const MOST_MEGABYTES = 16384
/** Single sectors are tried for a volume that reaches no farther before, or behind, a sample. */
const MOST_POSITIONS = 1 << 30
const STRIDE = 64 * MIB
const FEW_SAMPLES = 16

/** The readings that the samples confirm at a known start, the best first. */
export function rankReadings(
  readings: readonly Reading[],
  samples: readonly Sample[],
  start: number,
): Hypothesis[] {
  return readings
    .map((reading) => ({ ...reading, start, evidence: weigh(samples, reading.cipher, start) }))
    .filter(({ evidence }) => isConvincing(evidence))
    .sort((a, b) => share(b.evidence) - share(a.evidence) || b.evidence.bits - a.evidence.bits)
}

const share = ({ fits, misfits }: Evidence): number => Math.round((4 * fits) / (fits + misfits))

/**
 * @param hints starts that partition tables and the like name
 * @param size of the source
 */
export async function findStart(
  readings: readonly Reading[],
  samples: readonly Sample[],
  hints: readonly number[],
  size: number,
  breathe: () => Promise<void>,
): Promise<Hypothesis[]> {
  for (const start of new Set([...hints, 0, MIB, OLD_START])) {
    const found = rankReadings(readings, samples, start)
    if (found.length > 0) return found
  }
  const few = spread(samples, FEW_SAMPLES)
  for (let start = 2 * MIB; start < Math.min(size, MOST_MEGABYTES * MIB); start += MIB) {
    if (start % (256 * MIB) === 0) await breathe()
    const isPromising = readings.some(({ cipher }) => weigh(few, cipher, start).bits >= ENOUGH_BITS)
    const found = isPromising ? rankReadings(readings, samples, start) : []
    if (found.length > 0) return found
  }
  return anyStart(readings, few, samples, breathe)
}

/** Every sector as the start, from before the source on. */
async function anyStart(
  readings: readonly Reading[],
  few: readonly Sample[],
  samples: readonly Sample[],
  breathe: () => Promise<void>,
): Promise<Hypothesis[]> {
  for (const sample of few) {
    for (const { cipher, sectorSize } of readings) {
      for (const { at, sector } of sectorsOf(sample, sectorSize)) {
        for (let from = 0; from < Math.min(2 * at, MOST_POSITIONS); from += STRIDE) {
          await breathe()
          for (const position of positionsOf(sector, cipher, extent(from, STRIDE))) {
            const found = rankReadings(readings, samples, at - position)
            if (found.length > 0) return found
          }
        }
      }
    }
  }
  return []
}

function spread<T>(items: readonly T[], count: number): T[] {
  const step = Math.max(1, Math.ceil(items.length / count))
  return items.filter((_, i) => i % step === 0)
}
