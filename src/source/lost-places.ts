/**
 * Where a medium could not read, or did not answer in time, so that nobody asks there twice. A large request that hangs says
 * little: the drive may stumble over one sector of it. It is asked for again in small ones, and only such a one is given up.
 */
import { type Extent, alignDown, contains, endOf, extentBetween, intersect } from "../extents/extent.ts"
import { LostPlace } from "./failures.ts"

export interface LostPlaces {
  /** As much of a request as can be asked for at once, from its start on. @throws LostPlace where nobody asks any more */
  cut(asked: Extent): Extent
  /** This request hung. */
  hangs(asked: Extent): void
  /** This sector cannot be read. */
  fails(sector: Extent): void
}

/** Whole sectors of any drive. */
const SMALL = 4096
/** More are forgotten, and asked for again: a search meets each place once anyhow. */
const MOST = 1024

export function openLostPlaces(): LostPlaces {
  const [slow, lost]: [Extent[], Extent[]] = [[], []]
  return {
    cut(asked) {
      const { start } = asked
      const place = lost.find((one) => contains(one, start))
      if (place) throw new LostPlace(intersect(place, asked))
      const next = [...lost, ...slow].map((one) => one.start).filter((at) => at > start)
      const isSlow = slow.some((one) => contains(one, start))
      const most = isSlow ? alignDown(start, SMALL) + SMALL : Infinity
      return extentBetween(
        start,
        next.reduce((end, at) => Math.min(end, at), Math.min(endOf(asked), most)),
      )
    },
    hangs(asked) {
      const places = asked.length > SMALL ? slow : lost
      places.push(asked)
    },
    fails(sector) {
      if (lost.push(sector) > MOST) lost.shift()
    },
  }
}
