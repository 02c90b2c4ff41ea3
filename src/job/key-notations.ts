/**
 * The FVEK in the notations of the programs that take it, each read back by that program in `test/peers/`. They differ in what
 * they do with a key that has two halves, and with the parts of the diffuser's key that nothing uses.
 */
import { concatBytes } from "../bytes/concat.ts"
import { toHex } from "../bytes/hex.ts"
import { u16, viewOf } from "../bytes/struct.ts"
import { splitFvek } from "../crypto/fvek.ts"
import { type EncryptionMethod, methodFacts } from "../crypto/method.ts"
import { Secret } from "../crypto/secret.ts"

export interface KeyNotations {
  /** As on the disk, in hex: what --fvek takes. */
  readonly hex: Secret
  /** dislocker's file (`dislocker -k FILE`), 66 bytes. */
  readonly dislocker: Secret
  /** For `bdemount -k`. Absent for XTS-AES 256, which libbde 20190102 reads wrongly. */
  readonly libbde?: Secret
  /** For `cryptsetup --volume-key-file`: the bytes in use. */
  readonly cryptsetup: Secret
}

export function keyNotations(method: EncryptionMethod, fvek: Secret): KeyNotations {
  const key = fvek.reveal()
  const { dataKey, tweakKey } = splitFvek(method, key)
  const isDiffuser = methodFacts(method).mode === "cbc-diffuser"
  const libbde = libbdePair(method, key)
  return {
    hex: Secret.ofText(toHex(key)),
    dislocker: new Secret(dislockerFile(method, key)),
    ...(libbde !== undefined && { libbde: Secret.ofText(libbde) }),
    cryptsetup: new Secret(isDiffuser && tweakKey ? concatBytes([dataKey, tweakKey]) : key.slice()),
  }
}

const METHOD = u16("encryption method")
const DISLOCKER_KEY_LENGTH = 64

/** The method, then 64 bytes of which the method says how many count. */
function dislockerFile(method: EncryptionMethod, key: Uint8Array): Uint8Array {
  const file = new Uint8Array(METHOD.size + DISLOCKER_KEY_LENGTH)
  METHOD.set(viewOf(file), 0, method)
  file.set(key, METHOD.size)
  return file
}

/** Two keys whatever the method: XTS has both of its own in the first one, plain CBC has one for both. */
function libbdePair(method: EncryptionMethod, key: Uint8Array): string | undefined {
  const { mode, keyBits } = methodFacts(method)
  if (mode === "xts") return keyBits === 128 ? `${toHex(key)}:${toHex(key)}` : undefined
  const { dataKey, tweakKey = dataKey } = splitFvek(method, key)
  return `${toHex(dataKey)}:${toHex(tweakKey)}`
}
