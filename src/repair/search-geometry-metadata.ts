/**
 * Where metadata copies were, as far as anything shows it: remains that still carry the signature, and the place before the
 * head, where Windows 8 and later put copy 1, when that is empty. Raw zeros come out as zeros in any case; what is neither
 * zeros nor a remnant stays what it is.
 */
import { isAllZero, startsWithLatin1 } from "../bytes/compare.ts"
import { showsStructure } from "../bytes/structure.ts"
import type { SectorCipher } from "../crypto/sector-cipher.ts"
import { type Extent, alignDown, hex } from "../extents/extent.ts"
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
  cipher: SectorCipher,
  known: readonly number[],
  headBackup: Extent | undefined,
  isFat: boolean,
): Promise<Found<readonly number[]>> {
  if (known.length > 0 && known.length <= COPIES && !(await holdData(volume, cipher, known, AREA_SIZE)))
    return { value: known, confidence: "likely", evidence: STILL_NAMED }
  const standing = await withBlocks(volume, known)
  if (standing.places.length > 0) {
    const others = new Set(standing.named.filter((at) => !standing.places.includes(at)))
    const free = await withoutData(volume, cipher, [...others])
    const evidence = "metadata blocks stand there or name them, and other places that are named hold data"
    return { value: [...standing.places, ...free], confidence: "likely", evidence }
  }
  const before = headBackup && !isFat ? headBackup.start - AREA_SIZE : -1
  if (before < 0) return nothing
  const { bytes } = await readBytes(volume, before, AREA_SIZE)
  if (startsWithLatin1(bytes, FVE_SIGNATURE)) {
    const named = parseMetadataBlock(bytes)
    const offsets = named ? readVolumeFacts(named).metadataOffsets : []
    const isItself = offsets.includes(before)
    return {
      value: isItself ? await withoutData(volume, cipher, offsets) : [before],
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

const COPIES = 3

interface Standing {
  /** Those of the given places in which a metadata block stands. */
  readonly places: readonly number[]
  /** What the blocks that name their own place name beside it: the copies that are gone. */
  readonly named: readonly number[]
}

async function withBlocks(volume: ByteSource, given: readonly number[]): Promise<Standing> {
  const places: number[] = []
  const named: number[] = []
  for (const at of given) {
    const { bytes } = await readBytes(volume, at, AREA_SIZE)
    if (!startsWithLatin1(bytes, FVE_SIGNATURE)) continue
    places.push(at)
    const block = parseMetadataBlock(bytes)
    const offsets = block ? readVolumeFacts(block).metadataOffsets : []
    if (offsets.includes(at)) named.push(...offsets)
  }
  return { places, named }
}

/** A block may name a place that is not its own: what holds data is none. */
async function withoutData(
  volume: ByteSource,
  cipher: SectorCipher,
  places: readonly number[],
): Promise<number[]> {
  const free: number[] = []
  for (const at of places) if (!(await holdData(volume, cipher, [at], AREA_SIZE))) free.push(at)
  return free
}

/**
 * Whether one of the places holds a sector that decrypts to something: then none of them is believed, since whoever named
 * them is wrong. A copy that was destroyed decrypts to noise, and an intact one too.
 */
export async function holdData(
  volume: ByteSource,
  cipher: SectorCipher,
  places: readonly number[],
  areaSize: number,
): Promise<boolean> {
  const { sectorSize } = cipher
  for (const at of places.filter((place) => place % sectorSize === 0)) {
    const { bytes } = await readBytes(volume, at, areaSize)
    const raw = bytes.subarray(0, alignDown(bytes.length, sectorSize))
    const decrypted = raw.slice()
    cipher.decrypt(decrypted, at)
    for (let i = 0; i < raw.length; i += sectorSize) {
      const [stored, shown] = [raw, decrypted].map((all) => all.subarray(i, i + sectorSize))
      if (!isAllZero(stored!) && !showsStructure(stored!) && showsStructure(shown!)) return true
    }
  }
  return false
}

/** Of places that whatever is left of the metadata names, and that hold no data. */
export const STILL_NAMED = "they are still named, and nothing of the volume's data lies there"

const nothing: Found<readonly number[]> = {
  value: [],
  confidence: "assumed",
  evidence: "nothing is left that shows where metadata copies were: what is there comes out as it is",
}
