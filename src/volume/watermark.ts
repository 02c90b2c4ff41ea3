/**
 * What the conversion state and its watermark say about how sectors are stored. The state is the *current* field; the next
 * one only names the direction. The rule applies to the place where a sector is stored.
 *
 * A full volume (state 4) may be smaller than its device. What lies beyond is read as plaintext by some tools and decrypted
 * by others, and no sample decides: the data must. A watermark may be stale or lost; `border.ts` finds it.
 */
import { type Extent, endOf, extent, extentBetween } from "../extents/extent.ts"
import { ConversionState, type VolumeFacts } from "../fve/index.ts"
import type { DoubtfulPlace } from "./eow-region.ts"
import { rulesForUniform, rulesForUnknown } from "./trial.ts"

/** In Windows Vista these first bytes are never encrypted: 16 sectors of 512. */
const VISTA_PLAIN_HEAD = 0x2000

export interface StoredByState {
  readonly plain: readonly Extent[]
  /** Only a trial can tell. */
  readonly undecided: readonly DoubtfulPlace[]
}

/** The part of a volume that is plaintext in any state. */
export function plainHeadOf({ version }: VolumeFacts, size: number): Extent {
  return extent(0, version === 1 ? Math.min(VISTA_PLAIN_HEAD, size) : 0)
}

/** Whether the watermark of this state parts the volume in an encrypted and a plain half. */
export function isBorder({ state }: VolumeFacts): boolean {
  const { convertingWithLog, convertingWithoutLog, paused } = ConversionState
  return state === convertingWithLog || state === convertingWithoutLog || state === paused
}

/**
 * @param size bytes of the volume that the source holds
 * @param isKnown false when nothing is left that says the state
 */
export function storedByState(
  facts: VolumeFacts,
  size: number,
  sectorSize: number,
  isKnown = true,
): StoredByState {
  const head = plainHeadOf(facts, size)
  const plain = head.length > 0 ? [head] : []
  if (!isKnown) {
    return { plain, undecided: [{ ...extentBetween(endOf(head), size), rules: rulesForUnknown(sectorSize) }] }
  }
  if (facts.state === ConversionState.decrypted && facts.watermark === 0) {
    return { plain: [extent(0, size)], undecided: [] }
  }
  const beyond = extentBetween(facts.watermark, size)
  if (facts.watermark === 0 || beyond.length === 0) return { plain, undecided: [] }
  if (facts.state !== ConversionState.encrypted) return { plain: [...plain, beyond], undecided: [] }
  return { plain, undecided: [{ ...beyond, rules: rulesForUniform(sectorSize) }] }
}
