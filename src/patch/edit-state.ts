/**
 * How far a patch is on a drive. A run can die in the middle of a write, and a drive in the middle of a sector: so each
 * byte is compared with what it was and with what it was to become. Bytes that are neither were written by somebody else.
 */
import { equalBytes } from "../bytes/compare.ts"
import { type Extent, contains, extent } from "../extents/extent.ts"
import type { Edit, Patch } from "../fve/index.ts"
import type { PatchMedium } from "./medium.ts"

/** `partly`: some bytes are those of before and some those of after. `changed`: some are neither. */
export type EditState = "before" | "after" | "partly" | "changed"

export interface JudgedEdit {
  readonly edit: Edit
  readonly state: EditState
  /** Sectors whose bytes nobody knows: a write that was cut off can leave them. They do not count for the state. */
  readonly unreadable: readonly Extent[]
}

export async function judgeEdits({ edits }: Patch, medium: Pick<PatchMedium, "read">): Promise<JudgedEdit[]> {
  const judged: JudgedEdit[] = []
  for (const edit of edits) {
    const bytes = new Uint8Array(edit.after.length)
    const unreadable = await medium.read(edit.at, bytes)
    judged.push({ edit, state: stateOf(edit, bytes, unreadable), unreadable })
  }
  return judged
}

function stateOf({ at, before, after }: Edit, bytes: Uint8Array, unreadable: readonly Extent[]): EditState {
  if (unreadable.length === 0 && equalBytes(bytes, before)) return "before"
  if (unreadable.length === 0 && equalBytes(bytes, after)) return "after"
  const holes = unreadable.map(({ start, length }) => extent(start - at, length))
  for (let i = 0; i < bytes.length; i++) {
    if (bytes[i] === before[i] || bytes[i] === after[i]) continue
    if (!holes.some((hole) => contains(hole, i))) return "changed"
  }
  return "partly"
}
