/**
 * Volumes as the traces suggest them, before they are compared: from metadata copies, from boot sectors whose copies are all
 * gone, and from the backup of a To Go volume's first sector. Every trace counts for one volume.
 */
import { endOf, hex } from "../extents/extent.ts"
import { BOOT_SECTOR_SIZE, type BlockTrace, type BootTrace, type ToGoBackupTrace } from "../fve/index.ts"
import { type Generation, groupGenerations, sizeByMetadata } from "./generations.ts"
import type { Ground } from "./ground.ts"
import { CERTAIN_SUPPORT, type StartHypothesis, weighStarts } from "./start-hypotheses.ts"

export interface Draft {
  readonly start: number
  /** As that of `StartHypothesis`. */
  readonly support: number
  readonly evidence: readonly string[]
  readonly otherStarts: readonly number[]
  /** Absent when no metadata block was met. */
  readonly generation?: Generation
  readonly slots: readonly (BlockTrace | undefined)[]
  /** Where in the source something of it was met. */
  readonly remains: readonly number[]
  /** Offsets of the copies, where only their datums tell. */
  readonly guessedOffsets?: readonly number[]
  /** At the start, or Vista's backup of it in the last sector. */
  readonly boot?: BootTrace
  readonly toGoBackup?: ToGoBackupTrace
  /** Bytes of the whole volume, where its structures tell. */
  readonly size?: number
}

export function draftVolumes(ground: Ground): Draft[] {
  const byCopies = draftsFromCopies(ground)
  const isNew = (draft: Draft): boolean => !byCopies.some(({ start }) => start === draft.start)
  return [
    ...byCopies,
    ...draftsFromBootSectors(ground, byCopies),
    ...draftsFromToGoBackups(ground).filter(isNew),
  ]
}

/**
 * Starts that weigh little less than the best one are named beside it; all of them where that is nothing but likely, with
 * those of the input and its partitions: what was met may be a copy inside of another file.
 */
const CLOSE = 40

function draftsFromCopies(ground: Ground): Draft[] {
  const drafts: Draft[] = []
  let unclaimed = ground.blocks
  for (const generation of groupGenerations(ground.blocks)) {
    // A clone of a volume has copies of its own, with the same identifier.
    for (;;) {
      const [best, ...others] = weighStarts(generation, unclaimed, ground)
      if (!best) break
      const isCertain = best.support >= CERTAIN_SUPPORT
      const close = others.filter(({ weight }) => !isCertain || weight > best.weight - CLOSE)
      const starts = close.map(({ start }) => start)
      const places = isCertain ? [] : [0, ...ground.partitions.keys()]
      const otherStarts = [...new Set([...starts, ...places])].filter((start) => start !== best.start)
      drafts.push(draftFrom(best, otherStarts, generation, ground))
      unclaimed = unclaimed.filter((block) => !best.slots.includes(block))
    }
  }
  return drafts
}

function draftFrom(
  { start, support, slots, evidence }: StartHypothesis,
  otherStarts: readonly number[],
  generation: Generation,
  ground: Ground,
): Draft {
  const boot =
    ground.boots.get(start) ?? [...ground.boots.values()].find((trace) => startOfBackup(trace) === start)
  const toGoBackup = ground.toGoBackups.get(start)
  const size = sizeByMetadata(generation) ?? sizeByBootSector(boot, toGoBackup)
  return {
    start,
    support,
    evidence,
    otherStarts,
    generation,
    slots,
    remains: slots.flatMap((block) => block?.at ?? []),
    ...(boot && { boot }),
    ...(toGoBackup && { toGoBackup }),
    ...(size !== undefined && { size }),
  }
}

/** A boot sector is at the start itself, so that its start is certain, if the volume is. */
const BOOT_ALONE = CERTAIN_SUPPORT

function draftsFromBootSectors(ground: Ground, drafts: readonly Draft[]): Draft[] {
  const traces = [...ground.boots.values()]
  const isExplained = (trace: BootTrace): boolean =>
    drafts.some(({ start }) => start === trace.at || start === startOfBackup(trace)) ||
    traces.some(({ at }) => at === startOfBackup(trace))
  return traces.filter((trace) => !isExplained(trace)).map((trace) => draftFromBootSector(trace, ground))
}

function draftFromBootSector(trace: BootTrace, ground: Ground): Draft {
  const asBackup = startOfBackup(trace)
  const isBackup =
    asBackup !== undefined && (isLastSector(trace.at, ground) || countsSectorsBefore(trace, asBackup))
  const start = isBackup ? asBackup : trace.at
  const size = sizeByBootSector(trace, undefined)
  const what = trace.boot ? "a BitLocker boot sector" : "what is left of a BitLocker boot sector"
  return {
    start,
    support: BOOT_ALONE + placeSupport(start, ground),
    evidence: [`${what} is at ${hex(trace.at)}`, ...placeEvidence(start, ground)],
    otherStarts: asBackup === undefined || isBackup ? [] : [asBackup],
    slots: [],
    remains: [trace.at],
    boot: trace,
    ...(size !== undefined && { size }),
  }
}

/** Where the volume starts if this is the copy of a Vista boot sector in its last sector. */
function startOfBackup({ at, boot, fileSystemSectorCount }: BootTrace): number | undefined {
  return boot && fileSystemSectorCount !== undefined
    ? at - fileSystemSectorCount * boot.sectorSize
    : undefined
}

/** Both boot sectors count the sectors of the disk before the volume. */
function countsSectorsBefore({ boot }: BootTrace, start: number): boolean {
  return boot !== undefined && start > 0 && boot.hiddenSectorCount * boot.sectorSize === start
}

function isLastSector(at: number, { partitions, sourceSize }: Ground): boolean {
  const ends = [sourceSize, ...[...partitions.values()].map(({ extent }) => endOf(extent))]
  return ends.includes(at + BOOT_SECTOR_SIZE)
}

function draftsFromToGoBackups(ground: Ground): Draft[] {
  return [...ground.toGoBackups].map(([start, toGoBackup]) => ({
    start,
    support: BOOT_ALONE + placeSupport(start, ground),
    evidence: [
      `the backup boot sector of a To Go volume is at ${hex(toGoBackup.at)}`,
      ...placeEvidence(start, ground),
    ],
    otherStarts: [],
    slots: [],
    remains: [toGoBackup.at],
    toGoBackup,
    size: toGoBackup.sectorSize * toGoBackup.sectorCount,
  }))
}

function placeEvidence(start: number, { partitions }: Ground): string[] {
  const partition = partitions.get(start)
  if (partition) return [`${partition.where} starts there`]
  return start === 0 ? ["the input starts there"] : []
}

function placeSupport(start: number, ground: Ground): number {
  return placeEvidence(start, ground).length > 0 ? BOOT_ALONE : 0
}

/** To Go: by the discovery volume's account. Vista: the file system, and its backup boot sector behind it. */
function sizeByBootSector(
  trace: BootTrace | undefined,
  backup: ToGoBackupTrace | undefined,
): number | undefined {
  const { boot, fileSystemSectorCount } = trace ?? {}
  if (boot?.sectorCount) return boot.sectorCount * (boot.sectorSize || 512)
  if (boot && fileSystemSectorCount) return (fileSystemSectorCount + 1) * boot.sectorSize
  return backup && backup.sectorCount > 0 ? backup.sectorCount * backup.sectorSize : undefined
}
