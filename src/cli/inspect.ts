/** `repair-bde inspect INPUT` */
import { EXIT_DONE } from "../errors.ts"
import { inspectVolumes } from "../job/inspect.ts"
import type { InspectReport } from "../job/reports.ts"
import { renderInspect } from "./render-inspect.ts"
import { inputOf, type Command } from "./session.ts"

export const inspect: Command<InspectReport> = {
  run: (invocation, _credentials, context) => inspectVolumes(inputOf(invocation), context),
  render: renderInspect,
  exitCode: () => EXIT_DONE,
}
