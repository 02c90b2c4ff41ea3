/** `repair-bde check INPUT …` */
import { EXIT_DONE } from "../errors.ts"
import { checkCredentials } from "../job/check.ts"
import type { CheckReport } from "../job/reports.ts"
import { renderCheck } from "./render-check.ts"
import { textsOf } from "./invocation.ts"
import { keyPlacesOf } from "./key-places.ts"
import { inputOf, type Command } from "./session.ts"

/** The exit code of a `CredentialError`: that nothing fits is the answer here, and no error. */
const LOCKED = 13

export const check: Command<CheckReport> = {
  run(invocation, credentials, context, sources) {
    const places = keyPlacesOf(invocation, "keys", sources)
    const keyPackages = textsOf(invocation, "keyPackage")
    const request = { input: inputOf(invocation), credentials, keyPackages, ...(places && { places }) }
    return checkCredentials(request, context)
  },
  render: renderCheck,
  exitCode: ({ opens }) => (opens ? EXIT_DONE : LOCKED),
}
