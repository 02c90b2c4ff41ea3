/**
 * Where a medium did not answer in time, so that nobody waits there twice. A large request that hangs says little: the drive
 * may stumble over one sector of it. It is asked for again in small ones, and only such a one is given up for good.
 */
import { type Extent, alignDown, contains, endOf, extentBetween, intersect } from "../extents/extent.ts"
import { HangingRead } from "./failures.ts"

export interface HungPlaces {
  /** As much of a request as can be asked for at once, from its start on. @throws HangingRead where nobody asks any more */
  cut(asked: Extent): Extent
  /** This request hung. */
  add(asked: Extent): void
}

/** Whole sectors of any drive. */
const SMALL = 4096

export function openHungPlaces(): HungPlaces {
  const [large, final]: [Extent[], Extent[]] = [[], []]
  return {
    cut(asked) {
      const { start } = asked
      const givenUp = final.find((place) => contains(place, start))
      if (givenUp) throw new HangingRead(intersect(givenUp, asked))
      const next = [...final, ...large].map((place) => place.start).filter((at) => at > start)
      const isDoubtful = large.some((place) => contains(place, start))
      const most = isDoubtful ? alignDown(start, SMALL) + SMALL : Infinity
      return extentBetween(start, Math.min(endOf(asked), most, ...next))
    },
    add(asked) {
      const places = asked.length > SMALL ? large : final
      places.push(asked)
    },
  }
}
