/**
 * Every command, loaded at once: one file of the bundle read whole costs less than a few files that name each other
 * (measured: 10 ms of each start). What a command needs only now and then it loads itself.
 */
import { check } from "./check.ts"
import { inspect } from "./inspect.ts"
import { isInPlace, type Invocation } from "./invocation.ts"
import { keyPackage } from "./key-package.ts"
import { keysBackup } from "./keys-backup.ts"
import { keysClinic } from "./keys-clinic.ts"
import { keysFind } from "./keys-find.ts"
import { keysReveal } from "./keys-reveal.ts"
import { locate } from "./locate.ts"
import { protectors } from "./protectors.ts"
import { repair } from "./repair.ts"
import { repairInPlace } from "./repair-in-place.ts"
import type { Scrubber } from "./scrubber.ts"
import { runInSession } from "./session.ts"
import { status } from "./status.ts"
import { undo } from "./undo.ts"

export async function runCommand(invocation: Invocation, scrubber: Scrubber): Promise<number> {
  switch (invocation.command) {
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
