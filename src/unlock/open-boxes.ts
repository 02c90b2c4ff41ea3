/** Keys on boxes: which version of a key protector a key opens, and which wrapped FVEK its VMK does. Tags decide, nothing else. */
import type { CcmBox, Crypto } from "../crypto/crypto.ts"
import { isEncryptionMethod, methodFacts } from "../crypto/method.ts"
import { Secret } from "../crypto/secret.ts"
import {
  type FoundFvek,
  type FoundProtector,
  type KeyDatum,
  type KeyMaterial,
  type VolumeKeys,
  parseKeyDatum,
} from "../fve/index.ts"

/** Of every key that opens a box. */
const KEY_LENGTH = 32

function openKey(key: Secret, box: CcmBox, crypto: Crypto): KeyDatum | undefined {
  if (key.length !== KEY_LENGTH) return undefined
  const plaintext = crypto.openCcm(key.reveal(), box)
  return plaintext && parseKeyDatum(plaintext)
}

export interface OpenedVmk {
  readonly vmk: Secret
  readonly protector: FoundProtector
  /** Versions of the same key protector that the key does not open. */
  readonly failed: readonly FoundProtector[]
}

/** @param ids the key protectors that the key should be for: they go first, but an ID may be what was damaged */
export function openVmks(
  key: Secret,
  ids: readonly string[],
  protectors: readonly FoundProtector[],
  crypto: Crypto,
): OpenedVmk[] {
  const order = [...protectors].sort((a, b) => Number(ids.includes(b.id)) - Number(ids.includes(a.id)))
  const vmkIn = (protector: FoundProtector): Uint8Array | undefined =>
    protector.wrappedVmk.map((box) => openKey(key, box, crypto)?.key).find((vmk) => vmk !== undefined)
  return order.flatMap((protector) => {
    const vmk = vmkIn(protector)
    if (!vmk) return []
    const failed = protectors.filter((other) => other.id === protector.id && !vmkIn(other))
    return [{ vmk: new Secret(vmk), protector, failed }]
  })
}

export interface OpenedFvek {
  readonly box: FoundFvek
  /** Absent when its encryption method is not known. */
  readonly keys?: VolumeKeys
  readonly keyType: number
}

/** Every wrapped FVEK that the VMK opens, best proof first. */
export function openFveks(vmk: Secret, { fveks }: KeyMaterial, crypto: Crypto): OpenedFvek[] {
  return fveks.flatMap((box) => {
    const datum = openKey(vmk, box, crypto)
    if (!datum) return []
    // The key type inside the wrapped datum outranks the field of the dataset header, which nothing protects.
    const { keyType, key } = datum
    if (!isEncryptionMethod(keyType) || methodFacts(keyType).fvekLength !== key.length)
      return [{ box, keyType }]
    return [{ box, keyType, keys: { method: keyType, fvek: new Secret(key), vmk } }]
  })
}
