/** What a search gave and what the tables say, sorted for the questions that are asked of it: what is at this place? */
import type { Extent } from "../extents/extent.ts"
import type {
  BlockTrace,
  BootTrace,
  ConversionLogTrace,
  DatumTrace,
  EowBitmapTrace,
  EowInfoTrace,
  ToGoBackupTrace,
  Trace,
} from "../fve/index.ts"
import type { PartitionTable } from "../partition/index.ts"
import { healthiestFirst } from "./generations.ts"

export interface KnownPartition {
  /** What the table says, beyond the source's end too. */
  readonly extent: Extent
  readonly where: string
}

export interface Ground {
  readonly sourceSize: number
  readonly unreadable: readonly Extent[]
  /** By start; of two tables the better one's. */
  readonly partitions: ReadonlyMap<number, KnownPartition>
  readonly blocks: readonly BlockTrace[]
  readonly boots: ReadonlyMap<number, BootTrace>
  /** By the start of the volume that they are a backup of. */
  readonly toGoBackups: ReadonlyMap<number, ToGoBackupTrace>
  readonly eowInfos: readonly EowInfoTrace[]
  readonly eowBitmaps: readonly EowBitmapTrace[]
  readonly conversionLogs: readonly ConversionLogTrace[]
  readonly datums: readonly DatumTrace[]
}

/** No disk ever held more; one that was crafted to does not keep us busy for days. */
const MOST_CONSIDERED = 1000
/** Sector of a FAT32 volume in which its backup boot sector stands. */
const FAT32_BACKUP = 6

export function surveyGround(
  traces: readonly Trace[],
  tables: readonly PartitionTable[],
  sourceSize: number,
  unreadable: readonly Extent[],
): Ground {
  const ofKind = <K extends Trace["kind"]>(kind: K) =>
    traces.filter((trace): trace is Extract<Trace, { kind: K }> => trace.kind === kind)
  const considered = <T extends Trace>(found: readonly T[]): readonly T[] => found.slice(0, MOST_CONSIDERED)
  return {
    sourceSize,
    unreadable,
    partitions: partitionsByStart(tables),
    blocks: considered(healthiestFirst(ofKind("metadata-block"))),
    boots: new Map(considered(ofKind("boot-sector")).map((trace) => [trace.at, trace])),
    toGoBackups: new Map(
      considered(ofKind("to-go-backup")).map((trace) => [trace.at - FAT32_BACKUP * trace.sectorSize, trace]),
    ),
    eowInfos: ofKind("eow-info"),
    eowBitmaps: ofKind("eow-bitmap"),
    conversionLogs: ofKind("conversion-log"),
    datums: considered(ofKind("datum")),
  }
}

function partitionsByStart(tables: readonly PartitionTable[]): Map<number, KnownPartition> {
  const partitions = new Map<number, KnownPartition>()
  for (const { kind, partitions: entries } of tables) {
    for (const { index, name, declared } of entries) {
      const where = `${kind.toUpperCase()} partition ${index}${name ? `, ${name}` : ""}`
      if (!partitions.has(declared.start)) partitions.set(declared.start, { extent: declared, where })
    }
  }
  return partitions
}
