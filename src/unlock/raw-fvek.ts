/**
 * An FVEK given as it is: no tag proves it, and its length leaves more than one reading. The method that the metadata names
 * decides, and the length of the wrapped FVEK narrows it down; where the metadata is damaged, only the plaintext can.
 */
import type { FvekCredential, FvekReading } from "../credential/index.ts"
import { isEncryptionMethod, methodFacts } from "../crypto/method.ts"
import { type KeyMaterial, KeyBody, DatumHeader, type VolumeKeys } from "../fve/index.ts"

export interface RawFvek {
  readonly keys?: VolumeKeys
  readonly why: string
}

export async function chooseFvek(
  { readings }: FvekCredential,
  material: KeyMaterial,
  proves: ((keys: VolumeKeys) => Promise<boolean>) | undefined,
): Promise<RawFvek> {
  const { methodNumber } = material
  const named = readings.find(({ method }) => method === methodNumber)
  const possible = [
    ...new Set([...(named ? [named] : []), ...readings.filter((one) => isPossible(one, material))]),
  ]
  for (const reading of proves ? possible : []) {
    if (await proves!(keysOf(reading)))
      return { keys: keysOf(reading), why: `decrypts the volume, as ${nameOf(reading)}` }
  }
  if (named) return { keys: keysOf(named), why: "taken as given: only the plaintext can prove an FVEK" }
  if (isEncryptionMethod(methodNumber)) {
    const { name, fvekLength } = methodFacts(methodNumber)
    return { why: `the FVEK does not fit: ${name} takes ${fvekLength} bytes` }
  }
  const [only, ...others] = possible
  if (only && others.length === 0)
    return { keys: keysOf(only), why: `taken as given: it can only be ${nameOf(only)}` }
  const names = possible.map(nameOf).join(", ")
  const doubt = only ? `it may be ${names}, and nothing tells which` : "the volume's is of another length"
  return { why: `the encryption method 0x${methodNumber.toString(16)} is not known: ${doubt}` }
}

const WRAPPER_LENGTH = DatumHeader.size + KeyBody.size

/** A wrapped key is as long as the key and its datum's header. */
function isPossible({ method }: FvekReading, { fveks }: KeyMaterial): boolean {
  const length = WRAPPER_LENGTH + methodFacts(method).fvekLength
  return fveks.length === 0 || fveks.some(({ ciphertext }) => ciphertext.length === length)
}

const keysOf = ({ method, key }: FvekReading): VolumeKeys => ({ method, fvek: key })
const nameOf = ({ method }: FvekReading): string => methodFacts(method).name
