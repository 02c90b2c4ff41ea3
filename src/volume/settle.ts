/**
 * From what single sectors show to how all of them are stored: a pure state machine over marks in ascending order.
 *
 * An `encrypted` or `plain` mark is certain. An `open` sector looks random both as stored and decrypted (compressed data,
 * mostly) and shows nothing; a `zero` one is no ciphertext, and says nothing of its neighbours. Between two encrypted
 * sectors, open ones are encrypted. Plain marks prove less: a conversion of used space only leaves old plaintext in free
 * clusters, between files that it encrypted. So open sectors among plain ones are undecidable unless the conversion is known
 * to be a full one, those on the way from an encrypted sector to a plain one, where the border must lie, and those of a chunk
 * that was torn in its conversion: they are listed, with the likelier reading taken.
 */
import { type Extent, endOf, extentBetween, intersect, mergeExtents } from "../extents/extent.ts"
import { createPlainRuns } from "./plain-runs.ts"

export type Storage = "plain" | "encrypted"
export type Mark = Storage | "open" | "zero"

/** What is known of a place beforehand. */
export interface TrialRules {
  /** Storage changes at `origin` plus multiples of `step` only. */
  readonly origin: number
  readonly step: number
  /** A stretch between two encrypted sectors that is shorter is no plain zone, whatever plaintext lies in it. */
  readonly leastZone: number
  /** The same for one that reaches an end of the place. */
  readonly leastEndZone: number
  /** Free space was converted too: plain sectors prove that their neighbours are plain. */
  readonly isFull: boolean
  /** How the bytes on either side are stored, where that is known. */
  readonly before?: Storage
  readonly after?: Storage
}

export interface MarkCounts {
  readonly encrypted: number
  readonly plain: number
  readonly zero: number
  readonly open: number
}

export interface Settled {
  /** Merged; everything else of the place is stored encrypted. */
  readonly storedPlain: readonly Extent[]
  /** Where open sectors could be either. */
  readonly undecidable: readonly Extent[]
  /** Sectors by mark. */
  readonly counts: MarkCounts
  /** Bytes of old plaintext or zeros in free space that are decrypted nevertheless: there were too many pieces of it. */
  readonly droppedBytes: number
}

export interface Settler {
  /** A sector, behind all earlier ones; gaps are allowed. */
  mark(at: number, length: number, mark: Mark): void
  finish(): Settled
}

/** What lies between two encrypted sectors, or between one and an end of the place. */
interface Stretch {
  readonly start: number
  readonly followsEncrypted: boolean
  /** First and last plain mark. */
  firstPlain?: number
  lastPlain: number
  /** Open sectors before, between and after them. */
  openBefore: number
  openBetween: number
  openAfter: number
}

export function createSettler(place: Extent, rules: TrialRules): Settler {
  const plain = createPlainRuns()
  const undecidable: Extent[] = []
  const torn = createTornPlaces(Math.min(rules.leastZone, MOST_AROUND_TORN))
  const counts = { encrypted: 0, plain: 0, zero: 0, open: 0 }
  let stretch = newStretch(place.start, rules.before === "encrypted")
  if (rules.before === "plain") notePlain(stretch, place.start, place.start)

  const close = (end: number, precedesEncrypted: boolean): void => {
    const zone = findZone(stretch, end, precedesEncrypted, rules)
    if (zone) {
      plain.add(zone.plain.start, endOf(zone.plain))
      undecidable.push(...zone.undecidable)
    }
  }

  return {
    mark(at, length, mark) {
      counts[mark]++
      if (mark === "encrypted" || mark === "plain") torn.note(at, mark)
      if (mark === "encrypted") {
        close(at, true)
        stretch = newStretch(at + length, true)
        return
      }
      if (mark === "open") return noteOpen(stretch)
      if (mark === "plain") notePlain(stretch, at, at + length)
      // The zone that this stretch has become will cover them.
      if (!isZoneAlready(stretch, at, rules) || mark === "zero") plain.add(at, at + length)
    },
    finish() {
      const end = endOf(place)
      if (rules.after === "plain") notePlain(stretch, end, end)
      close(end, rules.after === "encrypted")
      const isBlind = counts.encrypted + counts.plain === 0 && !rules.before && !rules.after
      if (isBlind && counts.open > 0) undecidable.push(place)
      if (counts.open > 0) undecidable.push(...torn.areas().map((e) => intersect(e, place)))
      return {
        storedPlain: plain.extents(),
        undecidable: mergeExtents(undecidable),
        counts,
        droppedBytes: plain.droppedBytes,
      }
    },
  }
}

/** No file system that is converted chunk by chunk has smaller clusters; what it does with a cluster it does with all of it. */
const CLUSTER = 4096
/** How far a chunk reaches beyond the sectors that show it, where its length is not known. */
const MOST_AROUND_TORN = 1 << 20

/** One cluster where storage changes to and fro may be damage. */
const ENOUGH_TORN = 3

/**
 * Clusters in which storage changes to and fro: a chunk lies there that was half converted when the conversion stopped. In
 * it a sector tells nothing of the next one, so that open ones could be either.
 */
function createTornPlaces(around: number): {
  note(at: number, storage: Storage): void
  areas(): readonly Extent[]
} {
  const areas: { area: Extent; clusterCount: number }[] = []
  let cluster = -1
  let last: Storage | undefined
  let changes = 0
  const addCluster = (): void => {
    const area = extentBetween(Math.max(0, cluster * CLUSTER - around), (cluster + 1) * CLUSTER + around)
    const before = areas.at(-1)
    if (before && endOf(before.area) >= area.start) {
      before.area = extentBetween(before.area.start, endOf(area))
      before.clusterCount++
    } else areas.push({ area, clusterCount: 1 })
  }
  return {
    note(at, storage) {
      const here = Math.floor(at / CLUSTER)
      if (here !== cluster) {
        cluster = here
        changes = 0
      } else if (storage !== last && ++changes === 2) addCluster()
      last = storage
    },
    areas: () => areas.filter(({ clusterCount }) => clusterCount >= ENOUGH_TORN).map(({ area }) => area),
  }
}

function newStretch(start: number, followsEncrypted: boolean): Stretch {
  return { start, followsEncrypted, lastPlain: start, openBefore: 0, openBetween: 0, openAfter: 0 }
}

function noteOpen(stretch: Stretch): void {
  if (stretch.firstPlain === undefined) stretch.openBefore++
  else stretch.openAfter++
}

function notePlain(stretch: Stretch, start: number, end: number): void {
  stretch.firstPlain ??= start
  stretch.lastPlain = end
  stretch.openBetween += stretch.openAfter
  stretch.openAfter = 0
}

/** Whatever comes next, the stretch is a plain zone: its single sectors need no keeping. */
function isZoneAlready({ start, firstPlain }: Stretch, at: number, rules: TrialRules): boolean {
  const most = Math.max(rules.leastZone, rules.leastEndZone)
  return firstPlain !== undefined && Math.min(at - start, at - firstPlain) >= most
}

interface Zone {
  readonly plain: Extent
  readonly undecidable: readonly Extent[]
}

/** The plain zone in a stretch, when there is one. */
function findZone(
  stretch: Stretch,
  end: number,
  precedesEncrypted: boolean,
  rules: TrialRules,
): Zone | undefined {
  const { start, firstPlain, lastPlain, followsEncrypted } = stretch
  if (firstPlain === undefined) return undefined
  const inside = extentBetween(followsEncrypted ? firstPlain : start, precedesEncrypted ? lastPlain : end)
  const isBetween = followsEncrypted && precedesEncrypted
  const isOpenEnded = !followsEncrypted && !precedesEncrypted
  const least = isBetween ? rules.leastZone : rules.leastEndZone
  const reached = isBetween ? end - start : inside.length
  if (!isOpenEnded && reached < least) return undefined

  const left = followsEncrypted ? bordersIn(start, firstPlain, rules) : undefined
  const right = precedesEncrypted ? bordersIn(lastPlain, end, rules) : undefined
  const plain = extentBetween(left?.last ?? inside.start, right?.first ?? endOf(inside))
  const openInside =
    stretch.openBetween +
    (followsEncrypted ? 0 : stretch.openBefore) +
    (precedesEncrypted ? 0 : stretch.openAfter)
  return {
    plain,
    undecidable: [
      ...(left && stretch.openBefore > 0 ? [left.doubtful] : []),
      ...(right && stretch.openAfter > 0 ? [right.doubtful] : []),
      ...(openInside > 0 && !rules.isFull ? [plain] : []),
    ].filter(({ length }) => length > 0),
  }
}

/** Where the border between two marks can lie. Without any place for it, something else is at work: a chunk in flight. */
function bordersIn(
  from: number,
  to: number,
  { origin, step }: TrialRules,
): { first: number; last: number; doubtful: Extent } {
  const first = origin + Math.ceil((from - origin) / step) * step
  const last = origin + Math.floor((to - origin) / step) * step
  if (first <= last) return { first, last, doubtful: extentBetween(first, last) }
  return { first: from, last: to, doubtful: extentBetween(from, to) }
}
