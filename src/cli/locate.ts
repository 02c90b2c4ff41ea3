/** `repair-bde locate INPUT` */
import type { LocateReport } from "../job/locate-report.ts"
import { type LocateRequest, locateOnInput } from "../job/locate.ts"
import { isGiven, numberOf, textOf, type Invocation } from "./invocation.ts"
import { renderLocate } from "./render-locate.ts"
import type { Command } from "./session.ts"

export const locate: Command<LocateReport> = {
  run: (invocation, _credentials, context) => locateOnInput(requestOf(invocation), context),
  render: renderLocate,
  exitCode: ({ exitCode }) => exitCode,
}

function requestOf(invocation: Invocation): LocateRequest {
  const statePath = textOf(invocation, "scanState")
  const lanes = numberOf(invocation, "lanes")
  return {
    input: { path: invocation.positionals[0]! },
    all: isGiven(invocation, "all"),
    ...(statePath !== undefined && { statePath }),
    ...(lanes !== undefined && { lanes }),
  }
}
