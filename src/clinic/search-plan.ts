/**
 * The plan of a search for the recovery password that somebody meant: candidates in levels of the same price, the cheapest
 * first. Pure, and the same for the same text, so that a search which was stopped goes on by the number of candidates that
 * were tried.
 *
 * Every group is a 16-bit number times 11, so that a group of which nothing is known has 65,536 values: of the million
 * that six digits have, the check by 11 leaves those.
 *
 * A search serves owners: seven groups have to be known, or all of them but for some digits. What would take more
 * candidates than one unknown group in an unknown place is refused: two unknown groups are four thousand million, years
 * of work.
 */
import { type GroupFault, faultOfGroup } from "../credential/index.ts"
import { GROUPS, type Reading, groupsAsTyped, readingsOf } from "./readings.ts"
import { ONE_SLIP, slipPricesOf } from "./slips.ts"

const VALUES = 0x10000
const FACTOR = 11
const DIGITS = 6
/** One unknown group in any of the eight places. */
export const LARGEST_SEARCH = GROUPS * VALUES
/** Where a single group is at stake, two slips are likely enough to look for. */
const LIKELY = 2 * ONE_SLIP

export interface SearchPlan {
  readonly kind: "search"
  /** Groups that cannot be right, and why. */
  readonly faults: readonly GroupFault[]
  /** At most: a few come twice, and are tried once. */
  readonly candidateCount: number
  /** Less likely ones that `thorough` would add; 0 when there is none, or too many. */
  readonly furtherCount: number
  /** The 16 bytes of each candidate, likeliest first. */
  candidates(): Generator<Uint8Array>
}

/** What is missing is more than a search can find. */
export interface HopelessSearch {
  readonly kind: "too-many" | "unreadable"
  readonly faults: readonly GroupFault[]
  /** Of the cheapest level alone; 0 when the text cannot be cut into eight groups. */
  readonly candidateCount: number
}

export interface SearchOptions {
  /** Every value of one group, also where its check gives no reason to doubt it. */
  readonly thorough?: boolean
}

export function planSearch(
  text: string,
  { thorough = false }: SearchOptions = {},
): SearchPlan | HopelessSearch {
  const readings = readingsOf(text)
  const faults = faultsOf(text)
  if (readings.length === 0) return { kind: "unreadable", faults, candidateCount: 0 }
  const prices = new Map<string, readonly number[][]>()
  const pricedOf = (group: string): readonly number[][] => {
    const priced = prices.get(group) ?? valuesByPrice(group)
    prices.set(group, priced)
    return priced
  }
  const searches = readings.map((reading) => searchOf(reading, pricedOf))
  const counts = sumOf(searches.map(countsByPrice))
  const cheapest = counts.findIndex((count) => count > 0)
  if (counts[cheapest]! > LARGEST_SEARCH) {
    return { kind: "too-many", faults, candidateCount: counts[cheapest]! }
  }
  const fits = dearestLevel(counts, Infinity)
  const likely = Math.max(cheapest, likelyPrice(readings))
  const end = thorough || isOneGroup(readings) ? fits : dearestLevel(counts, likely)
  return {
    kind: "search",
    faults,
    candidateCount: countUpTo(counts, end),
    furtherCount: countUpTo(counts, fits) - countUpTo(counts, end),
    candidates: () => candidatesOf(searches, end),
  }
}

function faultsOf(text: string): GroupFault[] {
  return (groupsAsTyped(text) ?? []).flatMap((group, i) => {
    const reason = faultOfGroup(group)
    return reason ? [{ group: i + 1, reason }] : []
  })
}

/** Exactly one group is in doubt: all of its values are worth a try, whatever was typed. */
function isOneGroup(readings: readonly Reading[]): boolean {
  return readings.every(({ open }) => open.length === 1)
}

function likelyPrice(readings: readonly Reading[]): number {
  return Math.max(LIKELY, ...readings.map(({ open }) => open.length * ONE_SLIP))
}

/** A reading with, for each of its groups, the values that it can have, by their price. */
interface Search {
  readonly price: number
  readonly groups: readonly (readonly number[][])[]
}

function searchOf(
  { groups, open, price }: Reading,
  pricedOf: (group: string) => readonly number[][],
): Search {
  return {
    price,
    groups: groups.map((group, i) => (open.includes(i) ? pricedOf(group) : [[Number(group) / FACTOR]])),
  }
}

/** At each price, the values that a group as typed can have been meant as. */
function valuesByPrice(typed: string): number[][] {
  const byPrice: number[][] = []
  const priceOf = slipPricesOf(typed)
  for (let value = 0; value < VALUES; value++) {
    const price = priceOf(String(value * FACTOR).padStart(DIGITS, "0"))
    while (byPrice.length <= price) byPrice.push([])
    byPrice[price]!.push(value)
  }
  return byPrice
}

/** How many candidates a reading has at each price: prices add, numbers multiply. */
function countsByPrice({ price, groups }: Search): number[] {
  let counts: number[] = [...Array.from({ length: price }, () => 0), 1]
  for (const byPrice of groups) {
    const next = Array.from({ length: counts.length + byPrice.length - 1 }, () => 0)
    counts.forEach((count, i) => byPrice.forEach((values, j) => (next[i + j]! += count * values.length)))
    counts = next
  }
  return counts
}

function sumOf(rows: readonly (readonly number[])[]): number[] {
  const length = Math.max(...rows.map((row) => row.length))
  return Array.from({ length }, (_, i) => rows.reduce((sum, row) => sum + (row[i] ?? 0), 0))
}

const countUpTo = (counts: readonly number[], price: number): number =>
  counts.slice(0, price + 1).reduce((sum, count) => sum + count, 0)

/** The last level up to `price` with which the search is not too large. */
function dearestLevel(counts: readonly number[], price: number): number {
  let last = 0
  while (last < Math.min(price, counts.length - 1) && countUpTo(counts, last + 1) <= LARGEST_SEARCH) last++
  return last
}

function* candidatesOf(searches: readonly Search[], end: number): Generator<Uint8Array> {
  const seen = new Set<string>()
  for (let price = 0; price <= end; price++) {
    for (const search of searches) {
      for (const values of combinations(search.groups, price - search.price)) {
        const key16 = new Uint8Array(2 * GROUPS)
        values.forEach((value, i) => new DataView(key16.buffer).setUint16(2 * i, value, true))
        const name = String.fromCharCode(...values)
        if (!seen.has(name)) yield key16
        seen.add(name)
      }
    }
  }
}

/** Every choice of one value for each group whose prices add up to exactly this one. */
function* combinations(groups: readonly (readonly number[][])[], price: number): Generator<number[]> {
  const [first, ...others] = groups
  if (!first) {
    if (price === 0) yield []
    return
  }
  for (let own = 0; own <= Math.min(price, first.length - 1); own++) {
    if (first[own]!.length === 0) continue
    for (const rest of combinations(others, price - own)) {
      for (const value of first[own]!) yield [value, ...rest]
    }
  }
}
