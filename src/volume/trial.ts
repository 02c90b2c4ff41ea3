/**
 * How sectors are stored when no structure tells: each is looked at as it is and decrypted on trial. Ciphertext is random,
 * and so is plaintext that was decrypted though it was never encrypted; so structure in either reading is proof, and the raw
 * one goes first: under plain AES-CBC a run of equal bytes still shows a pattern when it is decrypted. Raw zeros are no
 * evidence at all, as they decrypt to one block repeated with any key. What single sectors leave open, `settle.ts` decides.
 */
import { isAllZero } from "../bytes/compare.ts"
import { showsStructure } from "../bytes/structure.ts"
import {
  type Extent,
  alignDown,
  alignUp,
  endOf,
  extent,
  extentBetween,
  hexRange,
  overlaps,
  totalLength,
} from "../extents/extent.ts"
import type { SectorCipher } from "../crypto/sector-cipher.ts"
import type { Finding } from "../findings.ts"
import type { ByteSource } from "../source/byte-source.ts"
import { heldExtents } from "../source/held-extents.ts"
import { type Mark, type Settled, type Storage, type TrialRules, createSettler } from "./settle.ts"

const PIECE = 1 << 20

/** No conversion works in smaller steps: chunks have 8 MiB on write, 1 MiB by watermark. */
const LEAST_CHUNK = 1 << 20
/** Free space with nothing but old plaintext is seldom longer, where files lie on both sides. */
const LONG_STRETCH = 64 << 20

/** Nothing at all is known of the place. */
export function rulesForUnknown(sectorSize: number, leastChunk: number = LEAST_CHUNK): TrialRules {
  return { origin: 0, step: sectorSize, leastZone: leastChunk, leastEndZone: leastChunk, isFull: false }
}

/** The place is stored in one way, all of it. */
export function rulesForUniform(sectorSize: number): TrialRules {
  return { origin: 0, step: sectorSize, leastZone: Infinity, leastEndZone: Infinity, isFull: true }
}

export interface BorderRules {
  readonly origin?: number
  readonly step: number
  readonly isFull?: boolean
  readonly before?: Storage | undefined
  readonly after?: Storage | undefined
}

/** One part of the place is converted, the other one not yet. */
export function rulesForBorder({ origin = 0, step, isFull = false, before, after }: BorderRules): TrialRules {
  return {
    origin,
    step,
    leastZone: LONG_STRETCH,
    leastEndZone: 0,
    isFull,
    ...(before && { before }),
    ...(after && { after }),
  }
}

export interface TrialOptions {
  readonly signal?: AbortSignal | undefined
  /** Bytes looked at. */
  readonly onProgress?: ((done: number) => void) | undefined
}

/** What one sector shows. */
export function markSector(raw: Uint8Array, decrypted: Uint8Array): Mark {
  if (isAllZero(raw)) return "zero"
  if (showsStructure(raw)) return "plain"
  return showsStructure(decrypted) ? "encrypted" : "open"
}

/** Judges the sectors of `places`, ascending and of whole sectors, which belong together under the rules. */
export async function decideByTrial(
  source: ByteSource,
  places: readonly Extent[],
  cipher: SectorCipher,
  rules: TrialRules,
  options: TrialOptions = {},
): Promise<Settled> {
  const settler = createSettler(
    extentBetween(places[0]?.start ?? 0, endOf(places.at(-1) ?? extent(0, 0))),
    rules,
  )
  await markSectors(source, places, cipher, settler.mark, options)
  return settler.finish()
}

type OnMark = (at: number, length: number, mark: Mark) => void

/**
 * Reads, decrypts in bulk, and tells of every sector what it shows. One that cannot be read whole shows nothing; where the
 * source holds nothing at all, nothing is told.
 */
export async function markSectors(
  source: ByteSource,
  places: readonly Extent[],
  cipher: SectorCipher,
  onMark: OnMark,
  { signal, onProgress }: TrialOptions = {},
): Promise<void> {
  const { sectorSize } = cipher
  const piece = new Uint8Array(PIECE)
  const copy = new Uint8Array(PIECE)
  let done = 0
  for (const { start, length } of places.flatMap((e) => heldExtents(source, e, sectorSize))) {
    for (let at = start; at < start + length; at += PIECE) {
      const raw = piece.subarray(0, alignDown(Math.min(PIECE, start + length - at), sectorSize))
      const lost = await source.read(at, raw, signal)
      const decrypted = copy.subarray(0, raw.length)
      decrypted.set(raw)
      cipher.decrypt(decrypted, at)
      for (let i = 0; i < raw.length; i += sectorSize) {
        const isLost = lost.some((e) => overlaps(e, extent(at + i, sectorSize)))
        const end = i + sectorSize
        onMark(
          at + i,
          sectorSize,
          isLost ? "open" : markSector(raw.subarray(i, end), decrypted.subarray(i, end)),
        )
      }
      done += raw.length
      onProgress?.(done)
    }
  }
}

/** Pieces of that many sectors spread evenly over the extents, for a judgement that needs no more than a look. */
export function spreadSamples(
  within: readonly Extent[],
  count: number,
  pieceLength: number,
  sectorSize: number,
): Extent[] {
  const step = Math.max(pieceLength, alignUp(Math.ceil(totalLength(within) / count), sectorSize))
  return within.flatMap((e) => {
    const samples: Extent[] = []
    for (let at = e.start; at + sectorSize <= endOf(e); at += step) {
      samples.push(extent(at, alignDown(Math.min(pieceLength, endOf(e) - at), sectorSize)))
    }
    return samples
  })
}

/** Places listed one by one; of what is beyond, only the sum is told. */
const MOST_LISTED = 200

/** What a trial has to say for itself: how sure it is, and where it is not. */
export function trialFindings(place: Extent, { counts, undecidable, droppedBytes }: Settled): Finding[] {
  const { encrypted, plain, zero, open } = counts
  const decided: Finding = {
    code: "storage-decided-by-trial",
    severity: "notice",
    text: `how ${hexRange(place)} is stored was decided from its sectors: ${encrypted} show that they are encrypted, ${plain} that they are not, ${zero} are zeros, ${open} go with their neighbours`,
    extent: place,
    evidence: { encryptedSectors: encrypted, plainSectors: plain, zeroSectors: zero, openSectors: open },
  }
  const dropped: Finding = {
    code: "free-space-decrypted",
    severity: "notice",
    text: `${droppedBytes} bytes between encrypted sectors, in too many pieces to keep apart, are free space and come out as noise`,
  }
  return [
    decided,
    ...undecidable.slice(0, MOST_LISTED).map(undecidableFinding),
    ...restOf(undecidable),
  ].concat(droppedBytes > 0 ? dropped : [])
}

function undecidableFinding(place: Extent): Finding {
  return {
    code: "storage-undecidable",
    severity: "damage",
    text: `nothing shows how some sectors in ${hexRange(place)} are stored: what comes out there may be noise`,
    extent: place,
  }
}

function restOf(undecidable: readonly Extent[]): Finding[] {
  const rest = undecidable.slice(MOST_LISTED)
  if (rest.length === 0) return []
  const place = extentBetween(rest[0]!.start, endOf(rest.at(-1)!))
  const text = `the same holds for ${totalLength(rest)} bytes in ${rest.length} places within ${hexRange(place)}`
  return [{ ...undecidableFinding(place), text }]
}
