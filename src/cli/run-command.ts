/** The commands that read a drive. Those around keys bring much that no repair needs, and start their modules when asked for. */
import { check } from "./check.ts"
import { inspect } from "./inspect.ts"
import { isInPlace, type Invocation } from "./invocation.ts"
import { locate } from "./locate.ts"
import { repair } from "./repair.ts"
import { repairInPlace } from "./repair-in-place.ts"
import type { Scrubber } from "./scrubber.ts"
import { runInSession } from "./session.ts"
import { undo } from "./undo.ts"

export async function runCommand(invocation: Invocation, scrubber: Scrubber): Promise<number> {
  const { command } = invocation
  switch (command) {
    case "repair":
      return isInPlace(invocation)
        ? runInSession(invocation, repairInPlace, scrubber)
        : runInSession(invocation, repair, scrubber)
    case "inspect":
      return runInSession(invocation, inspect, scrubber)
    case "check":
      return runInSession(invocation, check, scrubber)
    case "undo":
      return runInSession(invocation, undo, scrubber)
    case "locate":
      return runInSession(invocation, locate, scrubber)
    default:
      return (await import("./run-keys-command.ts")).runKeysCommand(command, invocation, scrubber)
  }
}
