/** The commands around keys, and those of manage-bde: they bring much that no repair needs, so nothing of it runs before. */
import type { CommandName } from "./commands.ts"
import type { Invocation } from "./invocation.ts"
import { keyPackage } from "./key-package.ts"
import { keysBackup } from "./keys-backup.ts"
import { keysClinic } from "./keys-clinic.ts"
import { keysFind } from "./keys-find.ts"
import { keysReveal } from "./keys-reveal.ts"
import { protectors } from "./protectors.ts"
import type { Scrubber } from "./scrubber.ts"
import { runInSession } from "./session.ts"
import { status } from "./status.ts"

/** All but those of `run-command.ts`: the compiler finds a command that is in neither of the two files. */
export type KeysCommand = Exclude<CommandName, "repair" | "inspect" | "check" | "undo" | "locate">

export function runKeysCommand(
  command: KeysCommand,
  invocation: Invocation,
  scrubber: Scrubber,
): Promise<number> {
  switch (command) {
    case "keys find":
      return runInSession(invocation, keysFind, scrubber)
    case "keys backup":
      return runInSession(invocation, keysBackup, scrubber)
    case "keys reveal":
      return runInSession(invocation, keysReveal, scrubber)
    case "keys clinic":
      return runInSession(invocation, keysClinic, scrubber)
    case "status":
      return runInSession(invocation, status, scrubber)
    case "protectors get":
      return runInSession(invocation, protectors, scrubber)
    case "keypackage":
      return runInSession(invocation, keyPackage, scrubber)
  }
}
