/** What the bytes of an FVEK are: the same for every implementation of the port. */
import { type EncryptionMethod, methodFacts } from "./method.ts"

export interface FvekParts {
  readonly dataKey: Uint8Array
  /** Key of the tweaks of XTS, or of the diffuser's sector keys; CBC alone has none. */
  readonly tweakKey?: Uint8Array
}

/** @throws RangeError when the length does not fit the method. */
export function splitFvek(method: EncryptionMethod, fvek: Uint8Array): FvekParts {
  const { name, mode, keyBits, fvekLength } = methodFacts(method)
  if (fvek.length !== fvekLength) {
    throw new RangeError(`an FVEK of ${fvek.length} bytes for ${name}, which has ${fvekLength}`)
  }
  const keyLength = keyBits / 8
  const dataKey = fvek.subarray(0, keyLength)
  if (mode === "cbc") return { dataKey }
  // Diffuser: two fields of 32 bytes; what AES-128 does not need of them is random, not zero.
  const tweakKeyAt = mode === "xts" ? keyLength : 32
  return { dataKey, tweakKey: fvek.subarray(tweakKeyAt, tweakKeyAt + keyLength) }
}
