/** `undo`: puts back what an in-place repair replaced. The undo file says where; the drive itself says whether. */
import { EXIT_DONE } from "../errors.ts"
import type { Edit } from "../fve/index.ts"
import { undoPatch } from "../patch/apply.ts"
import { editsToTakeBack } from "../patch/index.ts"
import type { DriveSpec } from "../source/byte-source.ts"
import { openSource, resolveSource } from "../source/index.ts"
import { createContext } from "./context.ts"
import { type UndoReport, describeEdit, describePatch } from "./patch-report.ts"
import type { JobShell } from "./requests.ts"
import { type LoadedUndo, loadUndoFile } from "./undo-files.ts"

export interface UndoRequest {
  readonly undoFile: string
  readonly input: { readonly path: string }
  /** Say what would be put back, and write nothing. */
  readonly dryRun?: boolean
}

/** @throws SourceError for an undo file that cannot be used, SinkError when the drive has changed since */
export async function undoRepair(request: UndoRequest, shell: JobShell = {}): Promise<UndoReport> {
  const { crypto, emit, signal } = createContext(shell)
  const undo = await loadUndoFile(request.undoFile, crypto)
  const drive = await resolveSource(request.input.path)
  const patch = describePatch(undo.patch)
  emit({ type: "patch", patch })
  signal.throwIfAborted()
  const { dryRun = false } = request
  const edits = dryRun ? await foresee(drive, undo) : await undoPatch(drive, undo)
  return {
    source: {
      path: request.input.path,
      kind: drive.kind,
      size: undo.patch.identity.sourceSize,
      sectorSize: undo.patch.identity.sectorSize,
    },
    undoFile: request.undoFile,
    created: undo.created.toISOString(),
    patch,
    restored: edits.map(describeEdit),
    dryRun,
    next: nextSteps(request, edits.length),
    exitCode: EXIT_DONE,
  }
}

/** Only reads. */
async function foresee(drive: DriveSpec, { patch }: LoadedUndo): Promise<readonly Edit[]> {
  const source = await openSource(drive)
  try {
    return await editsToTakeBack(patch, source)
  } finally {
    await source.close()
  }
}

function nextSteps({ dryRun, input }: UndoRequest, count: number): string[] {
  if (count === 0) return ["nothing had to be put back: the drive is as it was before the repair"]
  return dryRun
    ? ["run the same command without --dry-run"]
    : [`repair-bde inspect ${input.path}   (shows the drive as it was)`]
}
