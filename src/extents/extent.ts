/** Half-open byte ranges `[start, start + length)`. All positions are bytes and safe integers (below 2^53). */

export interface Extent {
  readonly start: number
  readonly length: number
}

export function extent(start: number, length: number): Extent {
  return { start, length }
}

/** The extent from `start` up to, not including, `end`. Empty when `end` is not beyond `start`. */
export function extentBetween(start: number, end: number): Extent {
  return { start, length: Math.max(0, end - start) }
}

/** The first position past the extent. */
export function endOf(e: Extent): number {
  return e.start + e.length
}

export function contains(e: Extent, position: number): boolean {
  return position >= e.start && position < endOf(e)
}

/** The part that both have in common; its length is 0 when there is none. */
export function intersect(a: Extent, b: Extent): Extent {
  return extentBetween(Math.max(a.start, b.start), Math.min(endOf(a), endOf(b)))
}

export function overlaps(a: Extent, b: Extent): boolean {
  return intersect(a, b).length > 0
}

/** Sorts and joins extents that overlap or touch; empty ones vanish. */
export function mergeExtents(extents: readonly Extent[]): Extent[] {
  // Of a healthy source every list is empty.
  if (extents.length === 0) return []
  const merged: { start: number; length: number }[] = []
  for (const e of [...extents].filter((e) => e.length > 0).sort((a, b) => a.start - b.start)) {
    const last = merged.at(-1)
    if (last && e.start <= endOf(last)) last.length = Math.max(endOf(last), endOf(e)) - last.start
    else merged.push({ ...e })
  }
  return merged
}

/** What remains of `whole` without the extents in `holes`. */
export function subtractExtents(whole: Extent, holes: readonly Extent[]): Extent[] {
  const rest: Extent[] = []
  let at = whole.start
  for (const hole of mergeExtents(holes)) {
    const cut = intersect(whole, hole)
    if (cut.length === 0) continue
    if (cut.start > at) rest.push(extentBetween(at, cut.start))
    at = endOf(cut)
  }
  if (at < endOf(whole)) rest.push(extentBetween(at, endOf(whole)))
  return rest
}

/** The parts of `within` that sorted extents which do not overlap cover: there may be hundreds of thousands of them. */
export function clipExtents(sorted: readonly Extent[], within: Extent): Extent[] {
  let low = 0
  let high = sorted.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (endOf(sorted[middle]!) <= within.start) low = middle + 1
    else high = middle
  }
  const parts: Extent[] = []
  for (let i = low; i < sorted.length && sorted[i]!.start < endOf(within); i++) {
    const part = intersect(sorted[i]!, within)
    if (part.length > 0) parts.push(part)
  }
  return parts
}

export function totalLength(extents: readonly Extent[]): number {
  return extents.reduce((sum, e) => sum + e.length, 0)
}

/** Position as people read it on a disk: `0x21a5000`. */
export function hex(position: number | bigint): string {
  return position < 0 ? `-0x${(-position).toString(16)}` : `0x${position.toString(16)}`
}

/** `0x200..0x3ff`, both ends included. */
export function hexRange(e: Extent): string {
  return e.length === 0 ? `${hex(e.start)} (empty)` : `${hex(e.start)}..${hex(endOf(e) - 1)}`
}

export function alignDown(position: number, unit: number): number {
  return position - (position % unit)
}

export function alignUp(position: number, unit: number): number {
  return alignDown(position + unit - 1, unit)
}
