/** What the in-place repair and its undo report, as JSON-safe data. */
import type { Finding } from "../findings.ts"
import type { Edit, Patch } from "../fve/index.ts"
import type { OpenedBy, SourceReport, VolumeReport } from "./reports.ts"

export interface EditReport {
  /** "metadata copy 2". */
  readonly what: string
  /** Bytes from the start of the input, whole sectors. */
  readonly at: number
  readonly length: number
}

export interface PatchReport {
  readonly volumeId: string
  /** Bytes from the start of the input. */
  readonly volumeOffset: number
  /** In the order of writing. */
  readonly edits: readonly EditReport[]
  /** Bytes, all together. */
  readonly bytes: number
}

/** The volume as it is now, opened afresh. */
export interface Verification {
  readonly opens: boolean
  readonly sentence: string
}

export interface InPlaceReport {
  readonly source: SourceReport
  readonly volume: VolumeReport
  /** Absent when the patch needed no key, and none was given. */
  readonly openedBy?: OpenedBy
  readonly patch: PatchReport
  /** Where the undo file is; absent when nothing was written. */
  readonly undoFile?: string
  readonly verification?: Verification
  /** What stays lost, and what was made anew. */
  readonly findings: readonly Finding[]
  readonly dryRun: boolean
  readonly elapsedMs: number
  readonly next: readonly string[]
  readonly exitCode: number
}

export interface UndoReport {
  readonly source: SourceReport
  readonly undoFile: string
  /** ISO 8601: when the patch was made. */
  readonly created: string
  readonly patch: PatchReport
  /** What was put back, or would be, in the order of writing; none when all of it stands as it was. */
  readonly restored: readonly EditReport[]
  readonly dryRun: boolean
  readonly next: readonly string[]
  readonly exitCode: number
}

export function describePatch({ identity, edits }: Patch): PatchReport {
  const { volumeId, volumeOffset } = identity
  const bytes = edits.reduce((sum, { after }) => sum + after.length, 0)
  return { volumeId, volumeOffset, edits: edits.map(describeEdit), bytes }
}

export function describeEdit({ what, at, after }: Edit): EditReport {
  return { what, at, length: after.length }
}
