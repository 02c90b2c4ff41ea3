/** Where keys may lie: what a person typed in, keys and findings out. Nothing here is tried on a volume. */
export { shortIdOf } from "./key-ids.ts"
export { openPlace } from "./open-place.ts"
export type * from "./place.ts"
export type { PlaceSettings } from "./settings.ts"
