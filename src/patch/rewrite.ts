/**
 * The writing itself, forth and back. Nothing is written before every place was found as expected; each write is on the
 * medium and read back before the next one begins, so that a run that dies leaves one edit at most half done.
 */
import { equalBytes } from "../bytes/compare.ts"
import type { Edit, Patch } from "../fve/index.ts"
import { type JudgedEdit, judgeEdits } from "./edit-state.ts"
import { driveChanged, placeUnreadable, readBackFailure } from "./failures.ts"
import type { PatchMedium } from "./medium.ts"

/** Writes the patch. @throws SinkError, SourceError */
export async function writePatch(patch: Patch, medium: PatchMedium): Promise<void> {
  const judged = await judgeEdits(patch, medium)
  refuse(judged, ({ unreadable }) => unreadable.length > 0, placeUnreadable)
  refuse(judged, ({ state }) => state !== "before", driveChanged)
  for (const { edit } of judged) await write(edit, edit.after, medium)
}

/** @returns the edits that had to be taken back, in the order in which they were @throws SinkError */
export async function takeBack(patch: Patch, medium: PatchMedium): Promise<readonly Edit[]> {
  const edits = await editsToTakeBack(patch, medium)
  for (const edit of edits) await write(edit, edit.before, medium)
  return edits
}

/** Those that were written, wholly or partly: the last one first. @throws SinkError when the drive has changed since */
export async function editsToTakeBack(
  patch: Patch,
  medium: Pick<PatchMedium, "read">,
): Promise<readonly Edit[]> {
  const judged = await judgeEdits(patch, medium)
  refuse(judged, ({ state }) => state === "changed", driveChanged)
  return judged.flatMap(({ edit, state }) => (state === "before" ? [] : [edit])).toReversed()
}

async function write({ at, what }: Edit, bytes: Uint8Array, medium: PatchMedium): Promise<void> {
  await medium.write(at, bytes)
  await medium.sync()
  const back = new Uint8Array(bytes.length)
  const unreadable = await medium.read(at, back)
  if (unreadable.length > 0 || !equalBytes(back, bytes)) throw readBackFailure(what, at)
}

function refuse(
  judged: readonly JudgedEdit[],
  isBad: (one: JudgedEdit) => boolean,
  failure: (edits: readonly Edit[]) => Error,
): void {
  const bad = judged.filter(isBad)
  if (bad.length > 0) throw failure(bad.map(({ edit }) => edit))
}
