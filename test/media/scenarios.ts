/** Drives that fail, one way each, and what must come of them: data for the tests and for the table in the documents. */
import {
  type Extent,
  alignDown,
  alignUp,
  contains,
  endOf,
  extent,
  extentBetween,
} from "../../src/extents/extent.ts"
import type { ForgedVolume } from "../forge/forge.ts"
import { type VolumeName, forgeVolume } from "../damage/volumes.ts"
import type { DriveRecipe } from "./failing-drive.ts"
import { forgeLarge } from "./large-volume.ts"

export interface Scenario {
  readonly name: string
  /** `large`: 320 MiB. */
  readonly volume: VolumeName | "large"
  readonly sectorSize?: 512 | 4096
  readonly bad: (volume: ForgedVolume) => readonly Extent[]
  readonly slow?: (volume: ForgedVolume) => NonNullable<DriveRecipe["slow"]>
  readonly options?: readonly string[]
  /** Reads of these count as failed although the medium would give them some day. */
  readonly givenUp?: (volume: ForgedVolume) => readonly Extent[]
}

const SECTOR = 512
/** In files, away from what the volume is found by. */
const DATA = 0x300000

const sectorAt = (start: number, length = SECTOR): Extent => extent(alignDown(start, SECTOR), length)
const inCopy =
  (copy: number) =>
  ({ metadataOffsets }: ForgedVolume): Extent[] => [sectorAt(metadataOffsets[copy - 1]! + SECTOR)]

export const SCENARIOS: readonly Scenario[] = [
  {
    name: "bad sectors in data",
    volume: "XTS-128",
    bad: () => [sectorAt(DATA), sectorAt(DATA + 0x12600, 3 * SECTOR)],
  },
  { name: "a bad sector in copy 1", volume: "XTS-128", bad: inCopy(1) },
  { name: "a bad sector in copy 2", volume: "XTS-128", bad: inCopy(2) },
  { name: "a bad sector in copy 3", volume: "XTS-128", bad: inCopy(3) },
  {
    name: "a bad sector in every copy, each another one",
    volume: "XTS-128",
    bad: ({ metadataOffsets }) => metadataOffsets.map((at, i) => sectorAt(at + i * SECTOR)),
  },
  { name: "a bad boot sector", volume: "XTS-128", bad: () => [sectorAt(0)] },
  {
    name: "bad sectors in the backup of the head",
    volume: "XTS-128",
    bad: ({ headBackup }) => [sectorAt(headBackup!.start + 2 * SECTOR)],
  },
  {
    name: "a bad 512-byte part in a sector of 4096 bytes",
    volume: "4Kn",
    sectorSize: 4096,
    bad: () => [sectorAt(DATA + 3 * SECTOR)],
  },
  {
    name: "the same part, on a drive of 512-byte sectors",
    volume: "4Kn",
    bad: () => [sectorAt(DATA + 3 * SECTOR)],
  },
  { name: "bad sectors in $MFT", volume: "XTS-128", bad: () => [sectorAt(0x4000 + 30 * 1024)] },
  {
    name: "a large bad area",
    volume: "XTS-128",
    bad: () => [sectorAt(DATA, 0x60000)],
  },
  {
    name: "one bad sector every 64 KiB",
    volume: "XTS-128",
    bad: (volume) => everyOther(volume, 0x10000, 0x7000),
  },
  {
    name: "5,000 bad sectors, one every 64 KiB",
    volume: "large",
    bad: (volume) => everyOther(volume, 0x10000, 0x7000),
  },
  {
    name: "a slow range",
    volume: "XTS-128",
    bad: () => [],
    slow: () => ({ extents: [extent(DATA, 4096)], seconds: 3 }),
  },
  {
    name: "a range that takes longer than anybody waits",
    volume: "XTS-128",
    bad: () => [],
    slow: () => ({ extents: [extent(DATA, 2 * SECTOR)], seconds: 3 }),
    options: ["--read-timeout", "2"],
    givenUp: () => [extent(DATA, 2 * SECTOR)],
  },
]

/** Not where the volume itself lies: that is another scenario. */
function everyOther(
  { size, metadataOffsets, areaSize, headBackup }: ForgedVolume,
  step: number,
  at: number,
): Extent[] {
  const own = [
    ...metadataOffsets.map((start) => extent(start, areaSize)),
    ...(headBackup ? [headBackup] : []),
  ]
  return Array.from({ length: Math.floor(size / step) }, (_, i) => sectorAt(i * step + at)).filter(
    ({ start }) => start > 0x8000 && !own.some((e) => contains(e, start)),
  )
}

/** As the drive is at first. */
export async function driveOf(scenario: Scenario): Promise<{ volume: ForgedVolume; recipe: DriveRecipe }> {
  const volume = await (scenario.volume === "large" ? forgeLarge() : forgeVolume(scenario.volume))
  const recipe = {
    image: volume.image,
    sectorSize: scenario.sectorSize ?? 512,
    bad: scenario.bad(volume),
    ...(scenario.slow && { slow: scenario.slow(volume) }),
  }
  return { volume, recipe }
}

export interface Expected {
  readonly output: Uint8Array
  /** In positions of the output. */
  readonly lost: readonly Extent[]
}

/** Byte by byte, from what is stored where: the oracle knows nothing of plans, runs or reads. */
export function expectedOf(volume: ForgedVolume, scenario: Scenario, fill = 0): Expected {
  const unit = Math.max(volume.sectorSize, scenario.sectorSize ?? SECTOR)
  const bad = [...scenario.bad(volume), ...(scenario.givenUp?.(volume) ?? [])]
  const units = new Set(
    bad.flatMap((e) => {
      const whole = extentBetween(alignDown(e.start, unit), alignUp(endOf(e), unit))
      return Array.from({ length: whole.length / unit }, (_, i) => whole.start + i * unit)
    }),
  )
  const output = volume.expected.slice()
  const lost: Extent[] = []
  for (let at = 0; at < output.length; at += unit) {
    const isZeroed = volume.zeroed.some((e) => contains(e, at))
    const isHead = volume.headBackup !== undefined && at < volume.headBackup.length
    const stored = isHead ? volume.headBackup.start + at : at
    if (isZeroed || !units.has(alignDown(stored, unit))) continue
    output.fill(fill, at, at + unit)
    const last = lost.at(-1)
    if (last && endOf(last) === at) lost[lost.length - 1] = extent(last.start, last.length + unit)
    else lost.push(extent(at, unit))
  }
  return { output, lost }
}
