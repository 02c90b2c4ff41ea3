/** `repair-bde keys find INPUT --in PLACE…` */
import { UsageError } from "../errors.ts"
import { type FindKeysReport, findKeys } from "../job/find-keys.ts"
import type { Invocation } from "./invocation.ts"
import { keyPlacesOf } from "./key-places.ts"
import { renderFindKeys } from "./render-find-keys.ts"
import type { SecretSources } from "./secrets.ts"
import { inputOf, type Command } from "./session.ts"

export const keysFind: Command<FindKeysReport> = {
  run: (invocation, _credentials, context, sources) =>
    findKeys({ input: inputOf(invocation), places: placesOf(invocation, sources) }, context),
  render: renderFindKeys,
  exitCode: ({ exitCode }) => exitCode,
}

function placesOf(invocation: Invocation, sources: SecretSources) {
  const places = keyPlacesOf(invocation, "in", sources)
  if (places) return places
  throw new UsageError("no-place", "no place is named to look for keys in", {
    next: [
      "give --in with a folder or a file, such as a USB stick, a text, a table or an LDIF export",
      "or with a directory: ldaps://dc.example.com for AD DS, entra: for Entra ID",
      "repair-bde inspect shows which keys the drive asks for",
    ],
  })
}
