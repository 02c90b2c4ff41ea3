/** `repair-bde undo FILE INPUT` */
import type { UndoReport } from "../job/patch-report.ts"
import { undoRepair } from "../job/undo.ts"
import { isGiven } from "./invocation.ts"
import { renderUndo } from "./render-patch.ts"
import type { Command } from "./session.ts"

export const undo: Command<UndoReport> = {
  run(invocation, _credentials, context) {
    const [undoFile = "", path = ""] = invocation.positionals
    return undoRepair({ undoFile, input: { path }, dryRun: isGiven(invocation, "dryRun") }, context)
  },
  render: renderUndo,
  exitCode: ({ exitCode }) => exitCode,
}
