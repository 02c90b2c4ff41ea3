/**
 * A place where a volume is, or was: what a search gives and every job starts from. A place can lack its boot sector, and can
 * begin before the source does, as an image has it that was made too late on the disk.
 */
import { type Extent, endOf, extent, hex, intersect } from "../extents/extent.ts"
import type {
  BlockTrace,
  BootLayout,
  BootTrace,
  DatumTrace,
  FveBootSector,
  ToGoBackupTrace,
  Trace,
} from "../fve/index.ts"

/**
 * `current`: nothing better is there. `earlier`: another volume took its place, or most of it, since. `foreign`: it lies
 * inside a better volume, as a virtual disk or as remains in free space do.
 */
export type Standing = "current" | "earlier" | "foreign"

export interface VolumePlace {
  /** Where the volume is in the source, as far as the source holds it. */
  readonly extent: Extent
  /** The volume's own size, when it is known to be more than what the source holds. */
  readonly fullSize?: number
  /** Nothing tells where it ends: it is taken up to the next volume, or to the end of the source. */
  readonly isEndGuessed?: true
  /** Bytes of the volume before the first one of the source; absent when it begins inside. */
  readonly missingHead?: number
  /** What tells it apart from others: "GPT partition 3, Basic data partition". */
  readonly where: string
  /** As found at the start of the volume; absent when it is not there, or not a boot sector of BitLocker any more. */
  readonly boot?: FveBootSector
  /** What its sectors tell in place of a boot sector that is gone, once the keys are there. */
  readonly searched?: FveBootSector
  /** Where the metadata copies are in the volume: by the copies themselves, else by the boot sector. */
  readonly metadataOffsets: readonly number[]
  /** Where the encrypt-on-write information blocks are, by the blocks themselves, else by the boot sector. */
  readonly eowOffsets: readonly number[]
  readonly standing: Standing
  /** Why it is there, one sentence each, the strongest first. */
  readonly evidence: readonly string[]
  readonly traces: PlaceTraces
  /** Where it may start as well, in the source, likeliest first: what was found does not tell, only its keys can. */
  readonly otherStarts: readonly number[]
}

/** What of a volume was met. Empty where nothing was searched because its boot sector said it all. */
export interface PlaceTraces {
  /** At its start, or Vista's backup in its last sector. */
  readonly boot?: BootTrace
  readonly toGoBackup?: ToGoBackupTrace
  /** By slot, from 1. */
  readonly copies: readonly { readonly copy: number; readonly trace: BlockTrace }[]
  /** Encrypt-on-write blocks that belong to this volume by their own account. */
  readonly eow: readonly EowTrace[]
  /** Datums in the places of copies whose headers are gone. */
  readonly strays: readonly DatumTrace[]
}

export type EowTrace = Extract<Trace, { kind: "eow-info" | "eow-bitmap" | "conversion-log" }>

/** Where the volume starts in the source: negative when its head is missing. Positions of the volume count from here. */
export function startOf({ extent, missingHead = 0 }: Pick<VolumePlace, "extent" | "missingHead">): number {
  return extent.start - missingHead
}

/** The same volume if it starts elsewhere: at one of `otherStarts`. Its boot sector is then another one, or gone. */
export function movedTo(start: number, place: VolumePlace, sourceSize: number): VolumePlace {
  const { boot: _, missingHead: __, fullSize, ...rest } = place
  const size = fullSize ?? endOf(place.extent) - startOf(place)
  const held = intersect(extent(start, size), extent(0, sourceSize))
  return {
    ...rest,
    extent: held,
    ...(endOf(held) < start + size && { fullSize: size }),
    ...(start < 0 && { missingHead: -start }),
    where: `found by search at ${hex(start)}`,
    evidence: ["what was found allows it, and what decrypts there decides"],
    otherStarts: [],
  }
}

/** The boot sector as found or, where it is gone, what of it is known from elsewhere. A sector size of 0 is not known. */
export function bootOf(place: VolumePlace): FveBootSector {
  const { metadataOffsets, eowOffsets, traces } = place
  const found = place.boot ?? place.searched ?? traces.boot?.boot
  const named = traces.copies.find(({ trace }) => trace.sectorSize)?.trace.sectorSize ?? 0
  return {
    sectorSize: found?.sectorSize || named,
    clusterSectorCount: found?.clusterSectorCount ?? 0,
    hiddenSectorCount: found?.hiddenSectorCount ?? 0,
    layout: found?.layout ?? layoutFrom(place),
    metadataOffsets,
    eowOffsets,
  }
}

function layoutFrom({ traces, eowOffsets }: VolumePlace): BootLayout {
  if (traces.copies[0]?.trace.version === 1) return "vista"
  if (traces.toGoBackup) return "to-go"
  return eowOffsets.length > 0 ? "eow" : "windows7"
}
