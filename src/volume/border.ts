/**
 * The border of a conversion by watermark, from the data: everything below is encrypted, everything above is not. A look at
 * both sides confirms the one that the metadata names; when it is contradicted (the copy is older than the conversion) or
 * lost, halving the volume narrows the border down, the sectors around it are looked at one by one, and samples of both
 * sides confirm it. When they do not, the volume is no such one, and all of its sectors are looked at.
 */
import {
  type Extent,
  alignDown,
  alignUp,
  endOf,
  extent,
  extentBetween,
  hex,
  intersect,
  subtractExtents,
} from "../extents/extent.ts"
import type { SectorCipher } from "../crypto/sector-cipher.ts"
import type { Finding } from "../findings.ts"
import type { ByteSource } from "../source/byte-source.ts"
import { heldExtents } from "../source/held-extents.ts"
import type { Mark, MarkCounts, Settled, Storage } from "./settle.ts"
import {
  type TrialOptions,
  decideByTrial,
  markSectors,
  rulesForBorder,
  rulesForUnknown,
  spreadSamples,
  trialFindings,
} from "./trial.ts"

export interface BorderQuestion {
  readonly source: ByteSource
  readonly cipher: SectorCipher
  /** As the metadata says; absent when that is lost. */
  readonly claimed?: number
  /** What is neither: filler in the head's place, metadata, a log. */
  readonly ignored: readonly Extent[]
  /** Free space was converted too, as by Windows 7. */
  readonly isFull: boolean
}

export interface Border {
  readonly plain: readonly Extent[]
  readonly findings: readonly Finding[]
}

/** How far a look goes for a sector that shows how it is stored. */
const LOOK = 16 << 20
const LOOK_STEP = 1 << 20
/** Between these bounds every sector is looked at. */
const CLOSE = 128 << 20

export async function findBorder(question: BorderQuestion, options: TrialOptions = {}): Promise<Border> {
  const { source, claimed } = question
  const size = alignDown(source.size, question.cipher.sectorSize)
  if (claimed !== undefined && (await holds(question, claimed, size, options))) {
    return { plain: [extentBetween(claimed, source.size)], findings: [] }
  }
  const bounds = await narrow(question, size, options)
  const settled = await decideBetween(question, bounds, options)
  const agree =
    (await looksAs(question, extentBetween(0, bounds.start), "encrypted", options)) &&
    (await looksAs(question, extentBetween(endOf(bounds), size), "plain", options))
  if (!agree) return decideAll(question, size, options)
  const plain = [...settled.storedPlain, extentBetween(endOf(bounds), source.size)]
  return { plain, findings: [borderFinding(claimed, plain), ...trialFindings(bounds, settled)] }
}

/** Encrypted sectors above deny a watermark, and so does plaintext below without an encrypted sector between. */
async function holds(
  question: BorderQuestion,
  border: number,
  size: number,
  options: TrialOptions,
): Promise<boolean> {
  const above = await tally(question, [extentBetween(border, Math.min(size, border + LOOK))], options)
  if (above.encrypted > 0) return false
  const beneath = extentBetween(Math.max(0, border - LOOK_STEP), Math.min(size, border))
  const { last } = await tally(question, [beneath], options)
  // Zeros are never ciphertext, but free space may be zeros where it was left out.
  return last !== "plain" && !(last === "zero" && question.isFull)
}

/** From the first to the last byte of the volume that the source holds. */
function heldSpan({ source, cipher }: BorderQuestion, size: number): { low: number; high: number } {
  const held = heldExtents(source, extent(0, size), cipher.sectorSize)
  return { low: held[0]?.start ?? size, high: endOf(held.at(-1) ?? extent(size, 0)) }
}

/** Halves the volume until the border is within reach. */
async function narrow(question: BorderQuestion, size: number, options: TrialOptions): Promise<Extent> {
  const { low: lowest, high: highest } = heldSpan(question, size)
  let low = lowest
  let high = highest
  while (high - low > CLOSE) {
    const middle = alignDown(low + (high - low) / 2, LOOK_STEP)
    const seen = await lookUntilDecided(question, extentBetween(middle, high), options)
    if (seen === "encrypted") low = middle
    else high = middle
  }
  // The look that decided may have gone far: nothing between is known.
  return extentBetween(low, Math.min(size, high + LOOK))
}

async function lookUntilDecided(
  question: BorderQuestion,
  place: Extent,
  options: TrialOptions,
): Promise<"encrypted" | "plain" | "open"> {
  for (let at = place.start; at < Math.min(endOf(place), place.start + LOOK); at += LOOK_STEP) {
    const { encrypted, plain } = await tally(question, [intersect(place, extent(at, LOOK_STEP))], options)
    if (encrypted > 0) return "encrypted"
    if (plain > 0) return "plain"
  }
  return "open"
}

interface Tally extends MarkCounts {
  /** Of the last sector that is no open one. */
  readonly last?: Mark
}

async function tally(
  { source, cipher, ignored }: BorderQuestion,
  places: readonly Extent[],
  { signal }: TrialOptions,
): Promise<Tally> {
  const counts = { encrypted: 0, plain: 0, zero: 0, open: 0 }
  let last: Mark | undefined
  const count = (_at: number, _length: number, mark: Mark): void => {
    counts[mark]++
    if (mark !== "open") last = mark
  }
  const telling = places.flatMap((e) => subtractExtents(e, ignored))
  await markSectors(source, telling, cipher, count, { signal })
  return { ...counts, ...(last && { last }) }
}

async function decideBetween(
  question: BorderQuestion,
  bounds: Extent,
  options: TrialOptions,
): Promise<Settled> {
  const { source, cipher, ignored, isFull } = question
  const { low, high } = heldSpan(question, alignDown(source.size, cipher.sectorSize))
  const rules = rulesForBorder({
    step: cipher.sectorSize,
    isFull,
    before: bounds.start > low ? "encrypted" : undefined,
    after: endOf(bounds) < high ? "plain" : undefined,
  })
  return decideByTrial(source, subtractExtents(bounds, ignored), cipher, rules, options)
}

const SAMPLES = 256
const SAMPLE_LENGTH = 0x4000

/** Samples cannot prove that a part is stored in one way, but they find a larger part that is not. */
async function looksAs(
  question: BorderQuestion,
  place: Extent,
  storage: Storage,
  options: TrialOptions,
): Promise<boolean> {
  const { sectorSize } = question.cipher
  const held = heldExtents(question.source, place, sectorSize)
  const parts = held.flatMap((e) => subtractExtents(e, question.ignored))
  const samples = spreadSamples(parts, SAMPLES, alignUp(SAMPLE_LENGTH, sectorSize), sectorSize)
  const { encrypted, plain } = await tally(question, samples, options)
  // Old plaintext in free space is no contradiction below the border; ciphertext above it is.
  return storage === "plain" ? encrypted === 0 : encrypted > 0 || plain === 0
}

async function decideAll(
  { source, cipher, ignored }: BorderQuestion,
  size: number,
  options: TrialOptions,
): Promise<Border> {
  const rules = rulesForUnknown(cipher.sectorSize)
  const settled = await decideByTrial(
    source,
    subtractExtents(extent(0, size), ignored),
    cipher,
    rules,
    options,
  )
  return { plain: settled.storedPlain, findings: trialFindings(extent(0, size), settled) }
}

function borderFinding(claimed: number | undefined, plain: readonly Extent[]): Finding {
  const found = plain.find(({ length }) => length > 0)?.start
  const text =
    found === undefined ? "there is none: everything is encrypted" : `the data show it at ${hex(found)}`
  return claimed === undefined
    ? {
        code: "watermark-found",
        severity: "notice",
        text: `the watermark of the conversion is lost: ${text}`,
      }
    : {
        code: "watermark-wrong",
        severity: "damage",
        text: `the watermark ${hex(claimed)} contradicts the sectors around it: ${text}`,
      }
}
