/**
 * The verdict over each kind of structure of a volume, with a confidence: how much of it is right, at the least. Where all of
 * a region was looked at, that is the share that is right; where it was sampled, the lower end of the interval in which that
 * share lies with a probability of 95 % (E. B. Wilson, "Probable Inference", 1927).
 */
import { isAllZero } from "../bytes/compare.ts"
import { showsStructure } from "../bytes/structure.ts"
import { type Extent, alignDown, endOf, extent, intersect, totalLength } from "../extents/extent.ts"
import {
  type Check,
  type CheckName,
  type Condition,
  type FileSystem,
  REGIONS,
  type Region,
  type Skeleton,
  type Structure,
  lookAt,
  surveySkeleton,
} from "../filesystem/index.ts"
import type { ByteSource } from "../source/byte-source.ts"
import { readBytes } from "../source/read-bytes.ts"

/**
 * `proven`: all that was looked at is right. `damaged`: some of it. `lost`: none of it. `unproven`: there was nothing to look
 * at, or nothing that could be right or wrong, as in free space.
 */
export type RegionVerdict = "proven" | "damaged" | "lost" | "unproven"

export interface RegionProof {
  readonly region: Region
  readonly verdict: RegionVerdict
  /** Structures by what stands in their places. */
  readonly right: number
  readonly wrong: number
  readonly zeros: number
  readonly unreadable: number
  /** Neither right nor noise: a file whose name does not say what it is. */
  readonly other: number
  /** Only a part of the region was looked at. */
  readonly sampled: boolean
  /** 0 to 1: at least this share of the region is right; of what was unreadable nothing is claimed. */
  readonly confidence: number
  readonly sentence: string
}

/** Whom the bytes belonged to that could not be read, in bytes. */
export interface Losses {
  readonly free: number
  readonly used: number
  /** The allocation could not be read there, or the losses lie in too many places. */
  readonly unknown: number
}

export interface VolumeRegions {
  readonly regions: readonly RegionProof[]
  readonly condition: Condition
  readonly losses: Losses
  /** Structures in which a whole sector looks random, as none of their kind ever does. */
  readonly noise: readonly Extent[]
}

const NOUNS: Readonly<Record<Region, string>> = {
  boot: "boot sectors and backups",
  "file-table": "FILE records",
  allocation: "sectors of the FAT",
  folders: "blocks of folders",
  "file-heads": "files that name their kind",
  "free-space": "places",
}

/** The checks of a file system that the skeleton does not look at itself. */
const REGION_OF_CHECK: Partial<Record<CheckName, Region>> = {
  "boot-sector": "boot",
  "backup-boot-sector": "boot",
  "boot-checksum": "boot",
  "backup-boot-checksum": "boot",
  "fs-info": "boot",
  "fat-head": "allocation",
}

const FREE_SPACE_SAMPLES = 256
/** Sectors of lost bytes whose owner is looked up. */
const MOST_LOST_SECTORS = 100_000

/** Reads at most 20 MiB. @param unreadable what the source lost, in its positions @throws SourceError when it is gone */
export async function proveRegions(
  source: ByteSource,
  fileSystem: FileSystem,
  unreadable: readonly Extent[] = [],
): Promise<VolumeRegions> {
  const skeleton = await surveySkeleton(source, fileSystem)
  const judgement = await skeleton?.judge()
  const structures = [...structuresOf(fileSystem), ...(judgement?.structures ?? [])]
  const regions = REGIONS.flatMap((region) => {
    const own = structures.filter((structure) => structure.region === region)
    return own.length === 0 ? [] : [proveRegion(region, own, judgement?.sampled.has(region) ?? false)]
  })
  const free = skeleton && (await lookAtFreeSpace(source, skeleton, fileSystem.sectorSize))
  return {
    regions: free ? [...regions, free] : regions,
    condition: skeleton?.condition ?? {},
    losses: await countLosses(unreadable, skeleton, fileSystem.sectorSize),
    noise: await findNoise(source, structures),
  }
}

/** A file may hold anything, and be named as it likes; tables and folders are never random. */
const NEVER_RANDOM: ReadonlySet<Region> = new Set(["file-table", "allocation", "folders"])
const SECTOR = 512

/**
 * A structure that is wrong may be so because the file system was damaged before it was encrypted: then its sectors are
 * still zeros, tables or text. A sector of noise was not decrypted from what Windows encrypted there.
 */
async function findNoise(source: ByteSource, structures: readonly Structure[]): Promise<Extent[]> {
  const noise: Extent[] = []
  for (const { region, outcome, start, length } of structures) {
    if (outcome !== "wrong" || !NEVER_RANDOM.has(region)) continue
    if (hasNoise((await readBytes(source, start, length)).bytes)) noise.push(extent(start, length))
  }
  return noise
}

/** Whether a whole sector of it looks random. */
export function hasNoise(bytes: Uint8Array): boolean {
  for (let at = 0; at + SECTOR <= bytes.length; at += SECTOR) {
    const sector = bytes.subarray(at, at + SECTOR)
    if (!isAllZero(sector) && !showsStructure(sector)) return true
  }
  return false
}

/** The boot sector that the file system was recognised by is right by itself. */
function structuresOf({ checks, bootSectorAt, sectorSize }: FileSystem): Structure[] {
  const recognised = { region: "boot", outcome: "right", start: bootSectorAt, length: sectorSize } as const
  const structureOf = ({ name, outcome, at, length }: Check): Structure[] => {
    const region = REGION_OF_CHECK[name]
    return region ? [{ region, outcome, start: at, length }] : []
  }
  return [recognised, ...checks.flatMap(structureOf)]
}

function proveRegion(region: Region, structures: readonly Structure[], sampled: boolean): RegionProof {
  const count = (outcome: Structure["outcome"]): number =>
    structures.filter((structure) => structure.outcome === outcome).length
  const [right, wrong, zeros] = [count("right"), count("wrong"), count("zeros")]
  const [unreadable, other] = [count("unreadable"), count("other")]
  const judged = right + wrong + zeros
  const isFlawless = right > 0 && right === judged + unreadable
  const flaws = [
    ...(wrong > 0 ? [`${wrong} wrong`] : []),
    ...(zeros > 0 ? [`${zeros} all zeros`] : []),
    ...(unreadable > 0 ? [`${unreadable} unreadable`] : []),
  ]
  const sample = sampled ? "of a sample, " : ""
  return {
    region,
    verdict: judged + unreadable === 0 ? "unproven" : isFlawless ? "proven" : right > 0 ? "damaged" : "lost",
    right,
    wrong,
    zeros,
    unreadable,
    other,
    sampled,
    confidence: floor(sampled ? wilsonLowerBound(right, judged) : judged === 0 ? 0 : right / judged),
    sentence:
      judged + unreadable === 0
        ? `no ${NOUNS[region]} to look at`
        : [`${sample}${right} of ${judged + unreadable} ${NOUNS[region]} are right`, ...flaws].join(", "),
  }
}

/** Never rounded up. */
function floor(share: number): number {
  return Math.floor(share * 1000) / 1000
}

/** Of a share of which `right` in `count` were seen, with a probability of 95 %. */
function wilsonLowerBound(right: number, count: number): number {
  if (count === 0) return 0
  const z = 1.96
  const share = right / count
  const centre = share + z ** 2 / (2 * count)
  const margin = z * Math.sqrt((share * (1 - share)) / count + z ** 2 / (4 * count ** 2))
  return Math.max(0, (centre - margin) / (1 + z ** 2 / count))
}

/** Nothing there is anybody's, so nothing there can be wrong: what it holds says how the drive was used. */
async function lookAtFreeSpace(
  source: ByteSource,
  { isFree }: Skeleton,
  sectorSize: number,
): Promise<RegionProof | undefined> {
  const counts = { zero: 0, repeated: 0, random: 0, structured: 0 }
  let [places, free, unreadable] = [0, 0, 0]
  for (let i = 0; i < FREE_SPACE_SAMPLES; i++) {
    const at = alignDown(Math.floor((i * source.size) / FREE_SPACE_SAMPLES), sectorSize)
    const isFreeHere = await isFree(at)
    if (isFreeHere === undefined) continue
    places++
    if (!isFreeHere) continue
    free++
    const read = await readBytes(source, at, sectorSize)
    if (read.unreadable.length > 0) unreadable++
    else if (read.bytes.length > 0) counts[lookAt(read.bytes)]++
  }
  if (places === 0) return undefined
  const empty = counts.zero + counts.repeated
  const remains = [
    ...(counts.structured > 0 ? [`${counts.structured} with remains of old data`] : []),
    ...(counts.random > 0 ? [`${counts.random} random`] : []),
    ...(unreadable > 0 ? [`${unreadable} unreadable`] : []),
  ]
  return {
    region: "free-space",
    verdict: "unproven",
    right: 0,
    wrong: 0,
    zeros: empty,
    unreadable,
    other: counts.random + counts.structured,
    sampled: true,
    confidence: 0,
    sentence: [
      `${free} of ${places} places that were looked at are free, ${empty} of them empty`,
      ...remains,
    ].join(", "),
  }
}

/** Sector by sector: clusters of FAT need not begin at a multiple of their size. What no file owns is no loss to anybody. */
async function countLosses(
  unreadable: readonly Extent[],
  skeleton: Skeleton | undefined,
  sectorSize: number,
): Promise<Losses> {
  const losses = { free: 0, used: 0, unknown: 0 }
  let lookups = 0
  for (const lost of unreadable) {
    for (let at = alignDown(lost.start, sectorSize); at < endOf(lost); at += sectorSize) {
      if (!skeleton || lookups++ >= MOST_LOST_SECTORS) {
        return { ...losses, unknown: totalLength(unreadable) - losses.free - losses.used }
      }
      const isFree = await skeleton.isFree(at)
      const { length } = intersect(lost, extent(at, sectorSize))
      losses[isFree === undefined ? "unknown" : isFree ? "free" : "used"] += length
    }
  }
  return losses
}
