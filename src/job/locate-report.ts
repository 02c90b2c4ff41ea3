/** The answer of `locate` as JSON-safe data: volumes, whatever is left of them, with the reasons. */
import type { Extent } from "../extents/extent.ts"
import type { SourceReport } from "./reports.ts"

export interface LocatedCopyReport {
  /** 1 to 3. */
  readonly copy: number
  /** Bytes from the start of the input. */
  readonly at: number
  /** `sized` and `tiled` are damaged but hold together, of `header` only that is left. */
  readonly health: "intact" | "sized" | "tiled" | "header"
}

export interface LocatedVolumeReport {
  /** From 1: the best first. */
  readonly index: number
  /** Bytes from the start of the input; negative when the input begins inside the volume. */
  readonly start: number
  /** Bytes of it that the input holds, and its own size where that is more. */
  readonly size: number
  readonly fullSize?: number
  readonly where: string
  /** `earlier`: another volume took its place. `foreign`: it lies inside another one, as a virtual disk does. */
  readonly standing: "current" | "earlier" | "foreign"
  readonly layout: "vista" | "windows7" | "eow" | "to-go"
  readonly volumeId?: string
  /** ISO 8601: the latest date in its metadata. */
  readonly changed?: string
  readonly bootSector: "found" | "remains" | "gone"
  readonly copies: readonly LocatedCopyReport[]
  /** Encrypt-on-write blocks, and datums of copies whose headers are gone. */
  readonly eowBlockCount: number
  readonly strayDatumCount: number
  /** Why it is there, the strongest first. */
  readonly evidence: readonly string[]
  /** Where it may start as well: only its keys can tell. */
  readonly otherStarts: readonly number[]
}

export interface LocateReport {
  readonly source: SourceReport
  readonly volumes: readonly LocatedVolumeReport[]
  readonly scannedBytes: number
  /** Whether the scan ended because enough was found; `--all` goes on. */
  readonly endedEarly: boolean
  readonly unreadable: readonly Extent[]
  /** How many traces of each kind were met, those of no volume included. */
  readonly traceCounts: Readonly<Record<string, number>>
  readonly elapsedMs: number
  /** What to do next, imperative. */
  readonly next: readonly string[]
  readonly exitCode: number
}
