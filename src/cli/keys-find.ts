/** `repair-bde keys find INPUT --in PLACE…` */
import { UsageError } from "../errors.ts"
import { type FindKeysReport, findKeys } from "../job/find-keys.ts"
import type { Invocation } from "./invocation.ts"
import { keyPlacesOf } from "./key-places.ts"
import { renderFindKeys } from "./render-find-keys.ts"
import { inputOf, type Command } from "./session.ts"

export const keysFind: Command<FindKeysReport> = {
  run: (invocation, _credentials, context) =>
    findKeys({ input: inputOf(invocation), places: placesOf(invocation) }, context),
  render: renderFindKeys,
  exitCode: ({ exitCode }) => exitCode,
}

function placesOf(invocation: Invocation) {
  const places = keyPlacesOf(invocation, "in")
  if (places) return places
  throw new UsageError("no-place", "no place is named to look for keys in", {
    next: [
      "give --in with a folder or a file, such as a USB stick, a text, a table or an LDIF export",
      "repair-bde inspect shows which keys the drive asks for",
    ],
  })
}
