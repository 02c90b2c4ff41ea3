/**
 * How a run goes on, beside what its map says: plain data, and none of it has to survive the run. A resumed run begins
 * with the map alone.
 */
import { type Extent, alignDown, alignUp, endOf, extentBetween } from "../extents/extent.ts"
import { type Block, type ExtentMap, Status } from "../extents/extent-map.ts"
import type { Pass, Ticket } from "./ticket.ts"

export interface RescueOptions {
  /** Bytes that are read or lost as one: the larger of the two sector sizes, of the medium and of the volume. */
  readonly unit: number
  /** The output takes every byte once, in ascending order. */
  readonly isOrdered: boolean
  /** How often what is bad is tried again, in the end. */
  readonly retries: number
  /** Every pass goes the other way. */
  readonly isReversed: boolean
  /** What to read before everything else, most wanted first. */
  readonly first: readonly Extent[]
  /** What the plan says nobody can read: no retry helps. */
  readonly lost: readonly Extent[]
}

/** One way over the map. */
export interface Stage {
  readonly pass: Exclude<Pass, "probe">
  readonly isBackward: boolean
  /** A failure makes the copy go on further away. */
  readonly skips: boolean
  /** Only these, in their order. */
  readonly within?: readonly Extent[]
  /** What failed in a large read is read again now, in small ones. */
  readonly withDeferred: boolean
}

export interface RescueState {
  readonly options: RescueOptions
  readonly stages: readonly Stage[]
  /** Index of the stage that tickets are handed out from; their number when all is done. */
  readonly stage: number
  /** Where the stage goes on; absent at its beginning. */
  readonly position?: number | undefined
  readonly nextId: number
  /** Handed out and not reported yet. */
  readonly flying: readonly Ticket[]
  /** A read has failed: from now on there is one reader, and its reads are small. */
  readonly isFailing: boolean
  /** Bytes that one read of a failing source asks for. */
  readonly cluster: number
  /** Bytes that the next failure makes the copy pass over. */
  readonly skip: number
  /** Bytes read well since the last failure. */
  readonly goodBytes: number
  /** Large reads that failed, to be read again when everything else was read once. */
  readonly deferred: readonly Extent[]
  readonly suspicion: Suspicion
}

/** Does the source still answer? A drive that died fails everywhere, and nothing of that may be called bad. */
export interface Suspicion {
  /** What failed since the last read that went well, with the status that it had before. */
  readonly failures: readonly Block[]
  readonly weight: number
  /** The weight at which a probe is due. */
  readonly limit: number
  /** Where a read went well. */
  readonly proven?: Extent
  readonly failedProbes: number
  readonly isDead: boolean
}

/** As GNU ddrescue has it by default: 128 sectors of 512 bytes, for the read and for the first skip. */
export const MOST_CLUSTER = 64 << 10
export const FIRST_SKIP = 64 << 10
/** So many failures without one good read between them ask for a probe; each probe that goes well makes it four times. */
const SUSPICIOUS = 8

export function beginRescue(options: RescueOptions, map: ExtentMap): RescueState {
  const lost = options.lost.reduce((sum, { length }) => sum + length, 0)
  const isFailing =
    map.total(Status.nonTrimmed) + map.total(Status.nonScraped) > 0 || map.total(Status.bad) > lost
  return {
    options,
    stages: options.isOrdered ? [stage("stream", {})] : stagesOf(options),
    stage: 0,
    nextId: 0,
    flying: [],
    isFailing: isFailing && !options.isOrdered,
    cluster: MOST_CLUSTER,
    skip: FIRST_SKIP,
    goodBytes: 0,
    deferred: [],
    suspicion: noSuspicion(),
  }
}

export function noSuspicion(proven?: Extent): Suspicion {
  return {
    failures: [],
    weight: 0,
    limit: SUSPICIOUS,
    ...(proven && { proven }),
    failedProbes: 0,
    isDead: false,
  }
}

function stagesOf({ unit, retries, isReversed, first: wanted }: RescueOptions): Stage[] {
  // In whole units: a part of one that fails says nothing of the rest.
  const first = wanted.map((e) => extentBetween(alignDown(e.start, unit), alignUp(endOf(e), unit)))
  const stages = [
    ...(first.length > 0 ? [stage("copy", { within: first })] : []),
    stage("copy", { skips: true }),
    stage("copy", { skips: true, isBackward: true }),
    stage("copy", {}),
    stage("copy", { withDeferred: true }),
    stage("trim", {}),
    stage("scrape", {}),
    ...Array.from({ length: retries }, (_, i) => stage("retry", { isBackward: i % 2 === 1 })),
  ]
  return isReversed ? stages.map((s) => ({ ...s, isBackward: !s.isBackward })) : stages
}

function stage(pass: Stage["pass"], change: Partial<Stage>): Stage {
  return { pass, isBackward: false, skips: false, withDeferred: false, ...change }
}
