/** Places for keys as the command line names them. */
import { UsageError } from "../errors.ts"
import type { KeyPlaces } from "../job/search-places.ts"
import { directorySettings } from "./directory-settings.ts"
import { textsOf, type Invocation } from "./invocation.ts"
import { hasLogin } from "./place-login.ts"
import type { SecretSources } from "./secrets.ts"

/** `undefined` where none is named. @throws UsageError for a password in the name of one */
export function keyPlacesOf(
  invocation: Invocation,
  option: "keys" | "in",
  sources: SecretSources,
): KeyPlaces | undefined {
  const specs = textsOf(invocation, option)
  if (specs.length === 0) return undefined
  if (specs.some(hasLogin)) {
    throw new UsageError("place-holds-login", "a user name or a password stands in the name of a place", {
      next: ["give the user with --ldap-user; you are asked for the password"],
    })
  }
  return { specs, settings: directorySettings(invocation, sources) }
}
