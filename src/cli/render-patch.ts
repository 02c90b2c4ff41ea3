/** What an in-place repair and its undo say for people: what is written where, and how it came out. */
import { hex } from "../extents/extent.ts"
import type { EditReport, InPlaceReport, PatchReport, UndoReport } from "../job/patch-report.ts"
import { formatDuration } from "./quantities.ts"
import { indent, table } from "./table.ts"

/** The whole patch: one place more or less is what somebody agrees to. */
export function renderPatch({ volumeId, volumeOffset, edits, bytes }: PatchReport): string[] {
  const where = volumeOffset === 0 ? "" : `, at ${hex(volumeOffset)} of the input`
  if (edits.length === 0) return [`patch for volume ${volumeId}${where}: nothing`]
  const title = `patch for volume ${volumeId}${where}: ${bytes} bytes in ${count(edits.length, "place")}`
  return [title, ...indent(renderEdits(edits))]
}

export function renderInPlace(report: InPlaceReport): string[] {
  const { source, patch, undoFile, verification, elapsedMs, dryRun } = report
  return [
    ...(dryRun ? ["dry run, nothing was written"] : []),
    ...(undoFile === undefined
      ? []
      : [
          `wrote ${patch.bytes} bytes to ${source.path} in ${formatDuration(elapsedMs / 1000)}`,
          `undo file: ${undoFile}`,
        ]),
    ...(verification
      ? [`${verification.opens ? "opens again" : "DOES NOT OPEN"}: ${verification.sentence}`]
      : []),
    ...report.next.map(asNext),
  ]
}

export function renderUndo({ source, undoFile, created, restored, dryRun, next }: UndoReport): string[] {
  if (restored.length === 0) return next.map(asNext)
  const what = dryRun ? "dry run, nothing was written; would be put back" : "put back"
  const title = `${what}: ${count(restored.length, "place")} of ${source.path}, from ${undoFile} of ${created}`
  return [title, ...indent(renderEdits(restored)), ...next.map(asNext)]
}

function renderEdits(edits: readonly EditReport[]): string[] {
  const rows = edits.map(({ what, at, length }) => [hex(at), String(length), what])
  return table(["AT", "BYTES", "WHAT"], rows)
}

const count = (n: number, what: string): string => `${n} ${what}${n === 1 ? "" : "s"}`

const asNext = (step: string): string => `next: ${step}`
