/**
 * Where a volume starts, from its metadata copies: they are all the same and do not say which of the three they are, so each
 * copy allows three starts. What else is at a start, and what should be there and is not, weighs them.
 *
 * The numbers are weights, not probabilities. Another copy in its place outweighs everything else, since nothing but the
 * volume itself makes that so; a start that only looks round weighs little. Nothing here can replace the proof, which is
 * to decrypt with this start: every sector's tweak counts from it.
 */
import { contains, extent, hex } from "../extents/extent.ts"
import { AREA_SIZE, type BlockTrace } from "../fve/index.ts"
import { type Generation, mayBeCopyOf, sizeByMetadata } from "./generations.ts"
import type { Ground } from "./ground.ts"

export interface StartHypothesis {
  /** In the source; negative when the volume begins before it. */
  readonly start: number
  /** The block in the place of each copy. */
  readonly slots: readonly (BlockTrace | undefined)[]
  /** Everything that speaks for it, less what speaks against it: compares the starts of one volume. */
  readonly weight: number
  /** What speaks for it alone. */
  readonly support: number
  /** The strongest first. */
  readonly evidence: readonly string[]
}

/** With this support a start is more than one of three possible ones. */
export const CERTAIN_SUPPORT = 60

/** The likeliest first. @param unclaimed the blocks that are no copy of another volume */
export function weighStarts(
  generation: Generation,
  unclaimed: readonly BlockTrace[],
  ground: Ground,
): StartHypothesis[] {
  const candidates = unclaimed.filter((block) => mayBeCopyOf(generation, block))
  return [...possibleStarts(generation, candidates, ground)]
    .map((start) => weigh(start, generation, candidates, ground))
    .filter(({ slots }) => slots.some((block) => block && generation.blocks.includes(block)))
    .sort((a, b) => b.weight - a.weight || Math.abs(a.start) - Math.abs(b.start))
}

function possibleStarts(
  { copyOffsets }: Generation,
  candidates: readonly BlockTrace[],
  { boots }: Ground,
): Set<number> {
  const byCopies = candidates.flatMap(({ at }) => copyOffsets.map((offset) => at - offset))
  const byBoots = [...boots.values()].filter(({ at, boot }) =>
    candidates.some((block) => boot?.metadataOffsets.includes(block.at - at)),
  )
  return new Set([...byCopies, ...byBoots.map(({ at }) => at)])
}

interface Evidence {
  readonly weight: number
  /** Absent for what is worth no word of its own. */
  readonly text?: string
}

function weigh(
  start: number,
  generation: Generation,
  candidates: readonly BlockTrace[],
  ground: Ground,
): StartHypothesis {
  const offsets =
    generation.copyOffsets.length > 0
      ? generation.copyOffsets
      : (ground.boots.get(start)?.boot?.metadataOffsets ?? [])
  const slots = offsets.map((offset) => candidates.find(({ at }) => at === start + offset))
  const found = [
    ...weighCopies(start, offsets, slots, ground),
    ...weighBoot(start, generation, ground),
    ...weighPlace(start, generation, ground),
  ].sort((a, b) => b.weight - a.weight)
  return {
    start,
    slots,
    weight: sumOf(found),
    support: sumOf(found.filter(({ weight }) => weight > 0)),
    evidence: found.flatMap(({ text }) => text ?? []),
  }
}

function sumOf(evidence: readonly Evidence[]): number {
  return evidence.reduce((sum, { weight }) => sum + weight, 0)
}

const COPY_IN_PLACE = 100
const DAMAGED_COPY_IN_PLACE = 70
/** The first sectors of a copy are gone, and what was behind them is there. */
const DATUMS_IN_PLACE = 60
const COPY_MISSING = -20

function weighCopies(
  start: number,
  offsets: readonly number[],
  slots: readonly (BlockTrace | undefined)[],
  ground: Ground,
): Evidence[] {
  const present = slots.flatMap((block, slot) => (block ? [{ copy: slot + 1, block }] : []))
  // The first one made the hypothesis, the others confirm it.
  const confirming = present
    .map(({ block }) => (block.health === "intact" ? COPY_IN_PLACE : DAMAGED_COPY_IN_PLACE))
    .sort((a, b) => b - a)
    .slice(1)
  const list = present.map(({ copy, block }) => `copy ${copy} at ${hex(block.at)}`).join(", ")
  return [
    {
      weight: confirming.reduce((sum, weight) => sum + weight, 0),
      text:
        present.length > 1
          ? `metadata copies lie as far apart as they say: ${list}`
          : `a metadata block lies in the place of a copy: ${list}`,
    },
    ...offsets.flatMap((offset, slot) =>
      slots[slot] ? [] : weighMissingCopy(slot + 1, start + offset, ground),
    ),
  ]
}

/** Nothing speaks against a start whose copies lie where nobody could read. */
function weighMissingCopy(copy: number, at: number, { datums, sourceSize, unreadable }: Ground): Evidence[] {
  if (datums.some((datum) => contains(extent(at, AREA_SIZE), datum.at))) {
    return [
      { weight: DATUMS_IN_PLACE, text: `datums lie in the place of copy ${copy}, whose header is gone` },
    ]
  }
  const isSeen = at >= 0 && at < sourceSize && !unreadable.some((e) => contains(e, at))
  return isSeen ? [{ weight: COPY_MISSING }] : []
}

const BOOT_NAMES_COPIES = 100
const BOOT_REMAINS = 40
const BOOT_MISSING = -15
const BACKUP_IN_PLACE = 80
const EOW_IN_PLACE = 60
const HIDDEN_SECTORS_FIT = 20

function weighBoot(start: number, { copyOffsets, best }: Generation, ground: Ground): Evidence[] {
  const evidence: Evidence[] = []
  const trace = ground.boots.get(start)
  const boot = trace?.boot
  if (boot && namesCopies(boot.metadataOffsets, copyOffsets)) {
    evidence.push({ weight: BOOT_NAMES_COPIES, text: "its boot sector names these copies" })
  } else if (trace) {
    const text = boot
      ? "a boot sector is there, but names other places"
      : "remains of a boot sector are there"
    evidence.push({ weight: BOOT_REMAINS, text })
  } else if (start >= 0) {
    evidence.push({ weight: BOOT_MISSING })
  }
  if (boot && boot.hiddenSectorCount > 0 && boot.hiddenSectorCount * (boot.sectorSize || 512) === start) {
    evidence.push({ weight: HIDDEN_SECTORS_FIT, text: "the boot sector counts as many sectors before it" })
  }
  if (best.version === 1 && vistaBackupOf(start, copyOffsets, ground)) {
    evidence.push({ weight: BACKUP_IN_PLACE, text: "the backup of its boot sector is in the last sector" })
  }
  if (ground.toGoBackups.has(start)) {
    evidence.push({
      weight: BACKUP_IN_PLACE,
      text: "the backup of its discovery volume's boot sector is in sector 6",
    })
  }
  if (ground.eowInfos.some(({ at, copyOffsets: places }) => places.includes(at - start))) {
    evidence.push({ weight: EOW_IN_PLACE, text: "encrypt-on-write information lies where it says" })
  }
  return evidence
}

/** Vista names the first one only. */
function namesCopies(named: readonly number[], copyOffsets: readonly number[]): boolean {
  return named.length > 0 && named.every((offset, slot) => offset === copyOffsets[slot])
}

function vistaBackupOf(start: number, copyOffsets: readonly number[], { boots }: Ground): boolean {
  return [...boots.values()].some(
    ({ at, boot, fileSystemSectorCount = 0 }) =>
      boot?.layout === "vista" &&
      at !== start &&
      namesCopies(boot.metadataOffsets, copyOffsets) &&
      at === start + fileSystemSectorCount * boot.sectorSize,
  )
}

const PARTITION_STARTS = 100
const INPUT_STARTS = 15
const WHOLE_INPUT = 100
const ENDS_WITH_INPUT = 60
const ROUND_START = 12
const OLD_ROUND_START = 8
const UNALIGNED = -10
const BEFORE_INPUT = -60
const PAST_INPUT = -45

const MIB = 1 << 20
/** Of disks that Windows XP or older partitioned: the second track. */
const OLD_FIRST_START = 63 * 512

function weighPlace(start: number, generation: Generation, { partitions, sourceSize }: Ground): Evidence[] {
  const evidence: Evidence[] = []
  const size = sizeByMetadata(generation)
  const partition = partitions.get(start)
  if (partition) evidence.push({ weight: PARTITION_STARTS, text: `${partition.where} starts there` })
  if (start === 0) {
    evidence.push(
      size === sourceSize
        ? { weight: WHOLE_INPUT, text: "it is as long as the input, which starts there" }
        : { weight: INPUT_STARTS, text: "the input starts there" },
    )
  } else if (start > 0 && start % MIB === 0) {
    evidence.push({ weight: ROUND_START, text: `${hex(start)} is a multiple of 1 MiB, as partitions start` })
  } else if (start === OLD_FIRST_START) {
    evidence.push({
      weight: OLD_ROUND_START,
      text: `${hex(start)} is where old disks have their first partition`,
    })
  }
  if (start % (generation.best.sectorSize ?? 512) !== 0) evidence.push({ weight: UNALIGNED })
  if (start < 0) {
    evidence.push({ weight: BEFORE_INPUT, text: `it begins ${-start} bytes before the input` })
  }
  if (size !== undefined && start !== 0) {
    if (start + size === sourceSize)
      evidence.push({ weight: ENDS_WITH_INPUT, text: "it ends where the input ends" })
    if (start + size > sourceSize) evidence.push({ weight: PAST_INPUT })
  }
  return evidence
}
