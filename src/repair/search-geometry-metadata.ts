/**
 * Where metadata copies were, as far as anything shows it: remains that still carry the signature, and the place before the
 * head, where Windows 8 and later put copy 1, when that is empty. Raw zeros come out as zeros in any case; what is neither
 * zeros nor a remnant stays what it is.
 */
import { isAllZero, startsWithLatin1 } from "../bytes/compare.ts"
import { type Extent, hex } from "../extents/extent.ts"
import { AREA_SIZE, FVE_SIGNATURE, parseMetadataBlock, readVolumeFacts } from "../fve/index.ts"
import type { ByteSource } from "../source/byte-source.ts"
import { readBytes } from "../source/read-bytes.ts"
import type { Found } from "./search-geometry.ts"

/**
 * @param known where copies are said to have been
 * @param isFat on To Go volumes, the head does not follow copy 1
 */
export async function findMetadataAreas(
  volume: ByteSource,
  known: readonly number[],
  headBackup: Extent | undefined,
  isFat: boolean,
): Promise<Found<readonly number[]>> {
  if (known.length > 0) return { value: known, confidence: "likely", evidence: "given" }
  const before = headBackup && !isFat ? headBackup.start - AREA_SIZE : -1
  if (before < 0) return nothing
  const { bytes } = await readBytes(volume, before, AREA_SIZE)
  if (startsWithLatin1(bytes, FVE_SIGNATURE)) {
    const named = parseMetadataBlock(bytes)
    const offsets = named ? readVolumeFacts(named).metadataOffsets : []
    const isItself = offsets.includes(before)
    return {
      value: isItself ? offsets : [before],
      confidence: isItself ? "proven" : "likely",
      evidence: `remains of a metadata copy lie at ${hex(before)}, before the head`,
    }
  }
  if (!isAllZero(bytes)) return nothing
  return {
    value: [before],
    confidence: "likely",
    evidence: `the place before the head, at ${hex(before)}, is empty: metadata copy 1 was there`,
  }
}

const nothing: Found<readonly number[]> = {
  value: [],
  confidence: "assumed",
  evidence: "nothing is left that shows where metadata copies were: what is there comes out as it is",
}
