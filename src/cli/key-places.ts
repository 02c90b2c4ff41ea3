/** Places for keys as the command line names them. */
import type { KeyPlaces } from "../job/search-places.ts"
import { textsOf, type Invocation } from "./invocation.ts"

/** `undefined` where none is named. */
export function keyPlacesOf(invocation: Invocation, option: "keys" | "in"): KeyPlaces | undefined {
  const specs = textsOf(invocation, option)
  return specs.length > 0 ? { specs } : undefined
}
