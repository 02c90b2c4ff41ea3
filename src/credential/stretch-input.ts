/** From a credential to the 32 bytes that the key stretch starts with. */
import type { Crypto } from "../crypto/crypto.ts"

type Sha256 = Crypto["sha256"]

/** @param text UTF-16LE without terminator or byte order mark */
export function stretchInputOfPassword(text: Uint8Array, sha256: Sha256): Uint8Array {
  return sha256(sha256(text))
}

export function stretchInputOfRecoveryPassword(key16: Uint8Array, sha256: Sha256): Uint8Array {
  return sha256(key16)
}
