/**
 * Keys in datums: in clear (key datum) or wrapped with AES-256-CCM (AES-CCM datum, whose plaintext is again a key datum).
 * The tag decides whether a key was right; nothing else needs to be looked at.
 */
import type { CcmBox } from "../crypto/crypto.ts"
import { AesCcmBody, DatumHeader, DatumRole, DatumType, KeyBody } from "./datum-layout.ts"
import { type Datum, serializeDatum } from "./datum.ts"
import type { Dataset } from "./dataset.ts"

export interface KeyDatum {
  /** `KeyType`, or the `EncryptionMethod` of an FVEK. */
  readonly keyType: number
  readonly keyFlags: number
  readonly key: Uint8Array
}

/** The plaintext of a wrapped datum; `undefined` when it is no key datum. */
export function parseKeyDatum(source: Uint8Array): KeyDatum | undefined {
  if (source.length < DatumHeader.size) return undefined
  const { size, type } = DatumHeader.parse(source)
  if (type !== DatumType.key || size > source.length) return undefined
  return readKeyBody(source.subarray(DatumHeader.size, size))
}

/** The key of a datum of type key. */
export function readKey(datum: Datum): KeyDatum | undefined {
  return datum.type === DatumType.key ? readKeyBody(datum.body) : undefined
}

function readKeyBody(body: Uint8Array): KeyDatum | undefined {
  return body.length < KeyBody.size ? undefined : { ...KeyBody.parse(body), key: body.slice(KeyBody.size) }
}

/** @param role a property unless told; keys inside wrapped datums have flags 0, those in clear 1 */
export function serializeKeyDatum({ keyType, keyFlags, key }: KeyDatum, flags: 0 | 1 = 0): Uint8Array {
  const body = [KeyBody.serialize({ keyType, keyFlags }), key]
  return serializeDatum({ role: DatumRole.property, type: DatumType.key, flags, body })
}

/** The box of an AES-CCM datum; `undefined` when the datum is another or too short. */
export function readCcmBox(datum: Datum): CcmBox | undefined {
  if (datum.type !== DatumType.aesCcm || datum.body.length < AesCcmBody.size) return undefined
  const { nonce, tag } = AesCcmBody.parse(datum.body)
  return { nonce, tag, ciphertext: datum.body.slice(AesCcmBody.size) }
}

export function serializeCcmDatum(role: number, { nonce, tag, ciphertext }: CcmBox): Uint8Array {
  return serializeDatum({
    role,
    type: DatumType.aesCcm,
    body: [AesCcmBody.serialize({ nonce, tag }), ciphertext],
  })
}

/** The wrapped FVEKs of a dataset: one on every volume seen, none when it is decrypted. */
export function findFvek(dataset: Dataset): CcmBox[] {
  const boxes = dataset.datums.filter(({ role }) => role === DatumRole.fvek).map(readCcmBox)
  return boxes.filter((box) => box !== undefined)
}
