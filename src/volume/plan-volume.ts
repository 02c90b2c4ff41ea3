/**
 * From what is known of a volume to its plan: pure, so that a dry run, the tests and the report see the same one.
 *
 * The order decides where parts overlap: the relocated head first, then the extents that read as zeros, then data. How a
 * sector is stored is a property of the place where it is stored, so the head is judged at its backup, not at 0.
 */
import {
  type Extent,
  alignDown,
  alignUp,
  endOf,
  extent,
  extentBetween,
  intersect,
  mergeExtents,
  subtractExtents,
} from "../extents/extent.ts"
import type { EncryptionMethod } from "../crypto/method.ts"
import { type Run, type Substitution, type VolumePlan, clipRun } from "./volume-plan.ts"

/** All positions are bytes from the start of the volume; extents are whole sectors. */
export interface PlanFacts {
  /** Bytes in the plan: what the source holds, or more when a cut image is to come out in its full size. */
  readonly size: number
  /** The part of the volume that the source holds; sectors stored before or beyond it can be read by nobody. */
  readonly held: Extent
  readonly sectorSize: number
  /** Absent when nothing is encrypted. */
  readonly method?: EncryptionMethod
  /** Where the first sectors of the volume are stored; absent when they are in place (Vista). */
  readonly headBackup?: Extent
  /** Metadata copies, the backup itself, encrypt-on-write structures: what a reader of the volume sees as zeros. */
  readonly zeroed: readonly Extent[]
  /** The places whose sectors are stored in plaintext; everything else is stored encrypted. */
  readonly storedPlain: readonly Extent[]
  /** The head, when nobody knows where it is kept: what stands in its place is filler. */
  readonly missingHead?: Extent
  /** Parts of the plaintext volume whose only stored form is gone. */
  readonly lost?: readonly Extent[]
  /** One that covers whole sectors stands in for them even where they are lost. */
  readonly substitutions: readonly Substitution[]
}

export function planVolume(facts: PlanFacts): VolumePlan {
  const whole = extent(0, facts.size)
  const plain = facts.method === undefined ? [whole] : mergeExtents(facts.storedPlain)
  const held = intersect(facts.held, whole)
  const head = intersect(whole, extent(0, facts.headBackup?.length ?? 0))
  const missing = facts.missingHead ? [facts.missingHead] : []
  const lost = mergeExtents([...missing, ...(facts.lost ?? [])].map((e) => intersect(e, whole)))
  const replaced = facts.substitutions.flatMap((s) =>
    lost.map((e) => intersect(wholeSectors(s, facts.sectorSize), e)),
  )
  const zeroed = mergeExtents(
    [...facts.zeroed, ...(facts.headBackup ? [facts.headBackup] : [])].map((e) => intersect(e, whole)),
  )
  const zeroedBehindHead = zeroed.flatMap((e) => subtractExtents(e, [head]))
  const stored = [
    ...(facts.headBackup ? headRuns(head, facts.headBackup.start, plain, held) : []),
    ...zeroedBehindHead.map((e): Run => ({ kind: "zeroed", extent: e })),
    ...subtractExtents(whole, [head, ...zeroed]).flatMap((e) => runsInPlace(e, plain, held)),
  ]
  const runs = [
    ...(lost.length > 0 ? stored.flatMap((run) => partsOutside(run, lost)) : stored),
    ...mergeExtents(replaced).map((e): Run => ({ kind: "zeroed", extent: e })),
    ...lost.flatMap((e) => subtractExtents(e, replaced)).map((e): Run => ({ kind: "unreadable", extent: e })),
  ].sort((a, b) => a.extent.start - b.extent.start)
  return {
    size: facts.size,
    sectorSize: facts.sectorSize,
    ...(facts.method === undefined ? {} : { method: facts.method }),
    runs,
    substitutions: facts.substitutions.filter((s) => s.at + s.bytes.length <= facts.size),
  }
}

function partsOutside(run: Run, holes: readonly Extent[]): Run[] {
  return subtractExtents(run.extent, holes).map((e) => clipRun(run, e))
}

/** The sectors that the bytes cover from end to end. */
function wholeSectors({ at, bytes }: Substitution, sectorSize: number): Extent {
  return extentBetween(alignUp(at, sectorSize), alignDown(at + bytes.length, sectorSize))
}

function headRuns(head: Extent, backup: number, plain: readonly Extent[], held: Extent): Run[] {
  const stored = extent(backup, head.length)
  const missing = subtractExtents(stored, [held])
  const atHead = (e: Extent): Extent => extent(e.start - backup, e.length)
  return [
    ...splitByStorage(intersect(stored, held), plain).map(({ part, isPlain }): Run => ({
      kind: "relocated",
      extent: atHead(part),
      from: part.start,
      stored: isPlain ? "plain" : "encrypted",
    })),
    ...missing.map((e): Run => ({ kind: "unreadable", extent: atHead(e) })),
  ]
}

function runsInPlace(place: Extent, plain: readonly Extent[], held: Extent): Run[] {
  return [
    ...splitByStorage(intersect(place, held), plain).map(({ part, isPlain }): Run => ({
      kind: isPlain ? "plain" : "encrypted",
      extent: part,
    })),
    ...subtractExtents(place, [held]).map((e): Run => ({ kind: "unreadable", extent: e })),
  ]
}

/** Cuts an extent at the borders of the (merged) plain ones, in order. */
function splitByStorage(place: Extent, plain: readonly Extent[]): { part: Extent; isPlain: boolean }[] {
  const parts: { part: Extent; isPlain: boolean }[] = []
  let at = place.start
  for (
    let i = firstEndingBeyond(plain, place.start);
    i < plain.length && plain[i]!.start < endOf(place);
    i++
  ) {
    const cut = intersect(plain[i]!, place)
    if (cut.start > at) parts.push({ part: extentBetween(at, cut.start), isPlain: false })
    if (cut.length > 0) parts.push({ part: cut, isPlain: true })
    at = endOf(cut)
  }
  if (at < endOf(place)) parts.push({ part: extentBetween(at, endOf(place)), isPlain: false })
  return parts
}

/** Index of the first of the sorted extents that ends beyond the position. */
function firstEndingBeyond(extents: readonly Extent[], position: number): number {
  let low = 0
  let high = extents.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (endOf(extents[middle]!) > position) high = middle
    else low = middle + 1
  }
  return low
}
