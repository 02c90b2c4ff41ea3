/**
 * Copies of the same bytes, differently damaged, as a patchwork: the pieces in which they differ, and for each what it could
 * be. `combinations.ts` tries them all until an oracle is content: a CRC-32 or a SHA-256, never the majority, since two copies
 * may well carry the same damage.
 *
 * A piece is as long as the copies disagree in the same way, so that a sector lost in one and a byte flipped in another are
 * pieces of their own. What cannot be read is no choice where anything else is.
 */
import { equalBytes } from "../bytes/compare.ts"
import { type Extent, alignDown, contains } from "../extents/extent.ts"

/** Bytes from one source; positions are those of the area. */
export interface Testimony {
  /** "copy 2". */
  readonly name: string
  readonly bytes: Uint8Array
  readonly unreadable: readonly Extent[]
}

export interface Variant {
  readonly bytes: Uint8Array
  readonly from: readonly string[]
}
export interface Piece {
  readonly start: number
  /** All of one length, all different. */
  readonly variants: readonly Variant[]
}
export interface Patchwork {
  /** The first variant of every piece, and what all agree upon. */
  readonly base: Uint8Array
  readonly pieces: readonly Piece[]
}

/** Three copies that differ in ten pieces. */
const MOST_COMBINATIONS = 3 ** 10
const SECTOR = 512

/** @param length bytes from the start of the area @returns undefined when the combinations are too many */
export function patchTogether(
  testimonies: readonly Testimony[],
  length: number,
  most = MOST_COMBINATIONS,
): Patchwork | undefined {
  return patchworks(testimonies, length, most)[0]
}

/**
 * In fine pieces and in sectors, as far as the combinations are not too many. Sectors are tried behind the fine pieces: where
 * noise in one copy lies beside noise in another, no two copies agree anywhere, and nothing but the sector ends a piece.
 */
export function patchworks(
  testimonies: readonly Testimony[],
  length: number,
  most = MOST_COMBINATIONS,
): Patchwork[] {
  const whole = testimonies.filter(({ bytes }) => bytes.length >= length)
  if (whole.length === 0) return []
  const fine = findPieces(whole, length)
  return [fine, inSectors(fine, length)].flatMap((spans) => {
    const pieces = spans.map((span) => ({ start: span.start, variants: variantsOf(whole, span) }))
    const combinations = pieces.reduce((product, { variants }) => product * variants.length, 1)
    if (combinations > most) return []
    const base = whole[0]!.bytes.slice(0, length)
    for (const { start, variants } of pieces) base.set(variants[0]!.bytes, start)
    return [{ base, pieces: pieces.filter(({ variants }) => variants.length > 1) }]
  })
}

/** Each testimony for itself: it may be right as a whole, where the pieces of all are too many to combine. */
export function wholes(testimonies: readonly Testimony[], length: number): Patchwork[] {
  return testimonies
    .filter(({ bytes }) => bytes.length >= length)
    .map(({ name, bytes }) => {
      const base = bytes.slice(0, length)
      return { base, pieces: [{ start: 0, variants: [{ bytes: base, from: [name] }] }] }
    })
}

interface Span {
  readonly start: number
  readonly end: number
}

/** Random damage leaves some bytes as they were: fewer than these in a row do not end a piece. */
const GAP = 16
/** How many of the next bytes must disagree in a new way to begin a piece of their own. */
const ENOUGH = 6

function findPieces(testimonies: readonly Testimony[], length: number): Span[] {
  const patterns = disagreements(testimonies, length)
  const spans: { start: number; end: number; pattern: number }[] = []
  for (let at = 0; at < length; at++) {
    const pattern = patterns[at]!
    if (pattern === 0) continue
    const last = spans.at(-1)
    const isNear = last !== undefined && at - last.end < GAP
    if (isNear && (pattern === last.pattern || !persists(patterns, at))) last.end = at + 1
    else spans.push({ start: at, end: at + 1, pattern })
  }
  return spans
}

function persists(patterns: Uint32Array, at: number): boolean {
  let count = 0
  for (let i = at; i < Math.min(at + GAP, patterns.length); i++) if (patterns[i] === patterns[at]) count++
  return count >= ENOUGH
}

/** For each byte a number for who agrees with whom; 0 where all do. Two such patterns may have the same number. */
function disagreements(testimonies: readonly Testimony[], length: number): Uint32Array {
  const lost = testimonies.map(({ unreadable }) => unreadableMap(unreadable, length))
  const patterns = new Uint32Array(length)
  for (let at = 0; at < length; at++) {
    let pattern = 0
    let isUnanimous = true
    for (const [i, { bytes }] of testimonies.entries()) {
      let alike = 0
      while (testimonies[alike]!.bytes[at] !== bytes[at]) alike++
      const isLost = lost[i]![at] === 1
      isUnanimous &&= alike === 0 && !isLost
      pattern = Math.imul(pattern, 31) + 2 * alike + Number(isLost) + 1
    }
    patterns[at] = isUnanimous ? 0 : pattern >>> 0 || 1
  }
  return patterns
}

function unreadableMap(unreadable: readonly Extent[], length: number): Uint8Array {
  const map = new Uint8Array(length)
  for (const { start, length: size } of unreadable) map.fill(1, Math.max(0, start), Math.max(0, start + size))
  return map
}

/** The same pieces, grown to whole sectors. */
function inSectors(spans: readonly Span[], length: number): Span[] {
  const sectors = new Set<number>()
  for (const { start, end } of spans) {
    for (let at = alignDown(start, SECTOR); at < end; at += SECTOR) sectors.add(at)
  }
  return [...sectors].map((start) => ({ start, end: Math.min(start + SECTOR, length) }))
}

function variantsOf(testimonies: readonly Testimony[], { start, end }: Span): Variant[] {
  const readable = testimonies.filter(
    ({ unreadable }) => !unreadable.some((e) => contains(e, start) || (e.start >= start && e.start < end)),
  )
  const variants: { bytes: Uint8Array; from: string[] }[] = []
  for (const { name, bytes } of readable.length > 0 ? readable : testimonies) {
    const part = bytes.subarray(start, end)
    const same = variants.find((variant) => equalBytes(variant.bytes, part))
    if (same) same.from.push(name)
    else variants.push({ bytes: part, from: [name] })
  }
  return variants
}
