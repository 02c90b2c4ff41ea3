/** What opens the sectors of a volume. `unlock/` makes it, `volume/` and the lanes use it. */
import type { EncryptionMethod } from "../crypto/method.ts"
import type { Secret } from "../crypto/secret.ts"

export interface VolumeKeys {
  readonly method: EncryptionMethod
  /** The whole key as unwrapped, unused parts of the diffuser methods included. */
  readonly fvek: Secret
  /** Absent when the FVEK itself was given. */
  readonly vmk?: Secret
}
