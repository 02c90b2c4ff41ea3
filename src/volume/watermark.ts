/**
 * What the conversion state and its watermark say about how sectors are stored. The state is the *current* field; the next
 * one only names the direction. The rule applies to the place where a sector is stored.
 *
 * A full volume (state 4) may be smaller than its device. What lies beyond is read as plaintext by some tools and decrypted
 * by others, and no sample decides: the data must.
 */
import { type Extent, extent, extentBetween } from "../extents/extent.ts"
import { ConversionState, type VolumeFacts } from "../fve/index.ts"

/** In Windows Vista these first bytes are never encrypted: 16 sectors of 512. */
const VISTA_PLAIN_HEAD = 0x2000

export interface StoredByState {
  readonly plain: readonly Extent[]
  /** Only a trial can tell. */
  readonly undecided: readonly Extent[]
}

/** @param size bytes of the volume that the source holds */
export function storedByState(facts: VolumeFacts, size: number): StoredByState {
  const head = facts.version === 1 ? [extent(0, Math.min(VISTA_PLAIN_HEAD, size))] : []
  const beyond = extentBetween(facts.watermark, size)
  if (facts.state === ConversionState.decrypted && facts.watermark === 0) {
    return { plain: [extent(0, size)], undecided: [] }
  }
  if (facts.watermark === 0 || beyond.length === 0) return { plain: head, undecided: [] }
  if (facts.state === ConversionState.encrypted) return { plain: head, undecided: [beyond] }
  return { plain: [...head, beyond], undecided: [] }
}
