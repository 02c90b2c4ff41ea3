/**
 * Readings: the ways in which what was typed can be eight groups. Mostly there is one; where a digit or a group was left out
 * somewhere, or groups may have changed places, there are several.
 */
import { faultOfGroup, withAsciiDigits } from "../credential/index.ts"
import { UNKNOWN } from "./slips.ts"

export const GROUPS = 8
const DIGITS = 6
const WHOLE = GROUPS * DIGITS

export interface Reading {
  /** Eight groups, as typed. */
  readonly groups: readonly string[]
  /** Which of them may be another one than what was typed, from 0. */
  readonly open: readonly number[]
  /** Of what it takes to read it so, as in `slips.ts`. */
  readonly price: number
}

const PRICE = { cutAnew: 1, neighboursExchanged: 2, groupsExchanged: 3, groupMoved: 4 } as const

/** Never none but when the text cannot be eight groups, with one of them missing at most. */
export function readingsOf(text: string): Reading[] {
  const words = wordsOf(text)
  const asTyped = words.length === GROUPS ? [readingOf(words)] : []
  const priceOfCut = asTyped.length > 0 ? PRICE.cutAnew : 0
  const cuts = cutsOf(words).filter((groups) => groups.join() !== words.join())
  const all = [...asTyped, ...cuts.map((groups) => readingOf(groups, priceOfCut))]
  // Of the places where something can have been left out, nearly all make nonsense of the groups behind.
  const fewest = Math.min(...all.map(({ open }) => open.length))
  const likely = all.filter(({ open }) => open.length === fewest)
  if (fewest > 0) return likely
  return likely.flatMap((reading) => [reading, ...oneGroupOpen(reading), ...inAnotherOrder(reading)])
}

/** The groups as typed, for people who compare them with the original; `undefined` where they cannot be told apart. */
export function groupsAsTyped(text: string): string[] | undefined {
  const words = wordsOf(text)
  if (words.length === GROUPS) return words
  const all = words.join("")
  return all.length === WHOLE ? cutAt(all) : undefined
}

/** Digits of every script become those of ASCII; what marks a digit as unreadable becomes one sign. Labels fall away. */
function wordsOf(text: string): string[] {
  const plain = withAsciiDigits(text).replace(/[*_]/g, UNKNOWN)
  const words = plain
    .split(/[^\p{L}\d?|!]+/u)
    .filter((word) => word !== "")
    .map((word) => (/^[\dxX?]+$/.test(word) ? word.replace(/x/gi, UNKNOWN) : word))
  return words.length <= GROUPS ? words : words.filter((word) => /[\d?]/.test(word))
}

function readingOf(groups: readonly string[], price = 0): Reading {
  const open = groups.flatMap((group, i) => (faultOfGroup(group) ? [i] : []))
  return { groups, open, price }
}

/** Each way to come to eight groups when there are no eight words, or words of odd lengths. */
function cutsOf(words: readonly string[]): string[][] {
  const all = words.join("")
  const places = Array.from({ length: GROUPS }, (_, i) => i)
  if (words.length === GROUPS - 1 && words.every(({ length }) => Math.abs(length - DIGITS) <= 1)) {
    return places.map((place) => words.toSpliced(place, 0, UNKNOWN.repeat(DIGITS)))
  }
  switch (all.length) {
    case WHOLE:
      return [cutAt(all)]
    case WHOLE - 1:
      return places.map((place) => cutAt(all, place, DIGITS - 1))
    case WHOLE + 1:
      return places.map((place) => cutAt(all, place, DIGITS + 1))
    case WHOLE - DIGITS:
      return places.map((place) => cutAt(all, place, 0).with(place, UNKNOWN.repeat(DIGITS)))
    default:
      return []
  }
}

/** Into groups of six, but for the one at `place`. */
function cutAt(all: string, place = 0, length = DIGITS): string[] {
  let at = 0
  return Array.from({ length: GROUPS }, (_, i) => {
    const end = at + (i === place ? length : DIGITS)
    const group = all.slice(at, end)
    at = end
    return group
  })
}

/** All groups pass the check, and yet it opens nothing: one of them is another one that passes it too. */
function oneGroupOpen({ groups, price }: Reading): Reading[] {
  return groups.map((_, i) => ({ groups, open: [i], price }))
}

function inAnotherOrder({ groups, price: ownPrice }: Reading): Reading[] {
  const readings: Reading[] = []
  for (let i = 0; i < GROUPS; i++) {
    for (let j = 0; j < GROUPS; j++) {
      const exchanged = groups.with(i, groups[j]!).with(j, groups[i]!)
      const price = ownPrice + (j === i + 1 ? PRICE.neighboursExchanged : PRICE.groupsExchanged)
      if (i < j) readings.push({ groups: exchanged, open: [], price })
      const moved = groups.toSpliced(i, 1).toSpliced(j, 0, groups[i]!)
      if (Math.abs(i - j) > 1) readings.push({ groups: moved, open: [], price: ownPrice + PRICE.groupMoved })
    }
  }
  return readings
}
