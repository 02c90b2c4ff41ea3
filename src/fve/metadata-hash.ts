/**
 * Makes the SHA-256 of a metadata block under the VMK: who can make it holds the key. It is the inverse of what
 * `unlock/verify-metadata.ts` checks.
 */
import type { Crypto } from "../crypto/crypto.ts"
import { DatumRole, KeyType } from "./datum-layout.ts"
import { serializeCcmDatum, serializeKeyDatum } from "./wrapped-key.ts"

/** The validation datum over the bytes that the checksums cover, as `serializeMetadataBlock` asks for it. */
export type SealHash = (covered: Uint8Array) => Uint8Array

/** @param nonce 12 bytes, never used before with this VMK */
export function sealedHash(crypto: Crypto, vmk: Uint8Array, nonce: Uint8Array): SealHash {
  return (covered) =>
    serializeCcmDatum(DatumRole.property, crypto.sealCcm(vmk, nonce, hashDatum(crypto, covered, 0)))
}

/** Of a volume without a VMK. */
export function plainHash(crypto: Crypto): SealHash {
  return (covered) => hashDatum(crypto, covered, 1)
}

function hashDatum(crypto: Crypto, covered: Uint8Array, flags: 0 | 1): Uint8Array {
  return serializeKeyDatum({ keyType: KeyType.metadataHash, keyFlags: 0, key: crypto.sha256(covered) }, flags)
}
