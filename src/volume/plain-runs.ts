/**
 * Extents that arrive in ascending order by the million, in 16 bytes each. When there are too many, the shortest are given
 * up first: between encrypted sectors these are free clusters, trimmed or never written, whose bytes nobody misses.
 */
import { type Extent, extentBetween } from "../extents/extent.ts"

/** A plan of that many runs takes some 20 MB. */
const MOST_RUNS = 1 << 17

export interface PlainRuns {
  /** Joins what touches; an extent that begins before earlier ones swallows them. */
  add(start: number, end: number): void
  /** All that were kept. */
  extents(): Extent[]
  /** Bytes in extents that were given up. */
  readonly droppedBytes: number
}

export function createPlainRuns(mostRuns: number = MOST_RUNS): PlainRuns {
  const starts: number[] = []
  const ends: number[] = []
  let leastLength = 0
  let droppedBytes = 0

  /** Doubles the length that an extent must have to stay. */
  const coarsen = (): void => {
    leastLength = Math.max(1024, leastLength * 2)
    let kept = 0
    for (let i = 0; i < starts.length; i++) {
      const length = ends[i]! - starts[i]!
      if (length < leastLength) {
        droppedBytes += length
        continue
      }
      starts[kept] = starts[i]!
      ends[kept++] = ends[i]!
    }
    starts.length = kept
    ends.length = kept
  }

  return {
    add(start, end) {
      if (end <= start) return
      let from = start
      let to = end
      while (ends.length > 0 && ends.at(-1)! >= from) {
        from = Math.min(from, starts.pop()!)
        to = Math.max(to, ends.pop()!)
      }
      while (starts.length >= mostRuns) coarsen()
      starts.push(from)
      ends.push(to)
    },
    extents: () => starts.map((start, i) => extentBetween(start, ends[i]!)),
    get droppedBytes() {
      return droppedBytes
    },
  }
}
