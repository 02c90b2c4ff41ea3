/** What a person says of places beside their names: how to log in to directories. A place takes what is for its kind. */
import type { AdDsSettings } from "./ad-ds/settings.ts"
import type { EntraSettings } from "./entra/settings.ts"

export interface PlaceSettings {
  readonly adDs?: AdDsSettings
  readonly entra?: EntraSettings
}
