/**
 * Keys given as they are: the VMK, or the FVEK in the forms that other tools print and save. Text is hex with any
 * separators; a file may also be the bytes themselves.
 *
 * 32 bytes are an AES-256 key, an XTS-128 key or both keys of the 128-bit diffuser, and nothing in them tells which, so an
 * FVEK keeps all readings that its length allows.
 */
import { UsageError } from "../errors.ts"
import { concatBytes } from "../bytes/concat.ts"
import { fromHex } from "../bytes/hex.ts"
import { u16, viewOf } from "../bytes/struct.ts"
import { EncryptionMethod, isEncryptionMethod, methodFacts } from "../crypto/method.ts"
import { Secret } from "../crypto/secret.ts"
import type { FvekCredential, FvekReading, VmkCredential } from "./credential.ts"

const VMK_LENGTH = 32

/** @param input hex text, or the content of a file (hex or raw) @throws UsageError unless it is 32 bytes */
export function parseVmk(input: string | Uint8Array): VmkCredential {
  const key = asKeyBytes(input)
  if (key?.length !== VMK_LENGTH) throw malformed("VMK", "32 bytes, or 64 hex digits", key)
  return { kind: "vmk", key: new Secret(key) }
}

/**
 * Takes 16, 32 or 64 bytes in hex or raw, as on the disk or as cryptsetup dumps them; libbde's `FVEK:TWEAK`; dislocker's
 * file of 66 bytes.
 * @param method narrows the readings to one
 * @throws UsageError when it fits no method, or not the one given
 */
export function parseFvek(input: string | Uint8Array, method?: EncryptionMethod): FvekCredential {
  const all = readPair(input) ?? [...readDislockerFile(input), ...readBlob(asKeyBytes(input))]
  const readings = method === undefined ? all : all.filter((reading) => reading.method === method)
  if (readings.length > 0) return { kind: "fvek", readings }
  const wanted = method === undefined ? "16, 32 or 64" : String(methodFacts(method).fvekLength)
  throw malformed(
    "FVEK",
    `${wanted} bytes in hex or raw, FVEK:TWEAK in hex, or dislocker's file`,
    asKeyBytes(input),
  )
}

function readBlob(key: Uint8Array | undefined): FvekReading[] {
  if (!key) return []
  const fitting = Object.values(EncryptionMethod).filter(
    (method) => methodFacts(method).fvekLength === key.length,
  )
  const readings = fitting.map((method) => ({ method, key: new Secret(key.slice()) }))
  return key.length === 2 * KEY_128 ? [...readings, compactDiffuser(key)] : readings
}

const KEY_128 = 16
/** In the diffuser's FVEK, where the second key stands, and where the whole ends. */
const TWEAK_KEY_AT = 32
const DIFFUSER_LENGTH = 64

/** cryptsetup leaves out the unused half of each key. */
function compactDiffuser(key: Uint8Array): FvekReading {
  return { method: aes128CbcDiffuser, key: diffuserKey(key.subarray(0, KEY_128), key.subarray(KEY_128)) }
}

function diffuserKey(fvek: Uint8Array, tweak: Uint8Array): Secret {
  const key = new Uint8Array(DIFFUSER_LENGTH)
  key.set(fvek)
  key.set(tweak, TWEAK_KEY_AT)
  return new Secret(key)
}

const { aes128Cbc, aes128CbcDiffuser, aes256Cbc, aes256CbcDiffuser, xtsAes128, xtsAes256 } = EncryptionMethod
const KEY_256 = 32

/** What libbde prints: two keys whatever the method, of which plain CBC needs one. `undefined`: it is no pair. */
function readPair(input: string | Uint8Array): FvekReading[] | undefined {
  const [first = "", second, ...rest] = asText(input)?.trim().split(":") ?? []
  if (second === undefined || rest.length > 0) return undefined
  const [fvek, tweak] = [fromHex(first), fromHex(second)]
  if (!fvek || !tweak || (tweak.length > 0 && tweak.length !== fvek.length)) return []
  const isPair = tweak.length > 0
  const both = concatBytes([fvek, tweak])
  const reading = (method: EncryptionMethod, key: Secret): FvekReading => ({ method, key })
  if (fvek.length === KEY_128) {
    const pair = [reading(aes128CbcDiffuser, diffuserKey(fvek, tweak)), reading(xtsAes128, new Secret(both))]
    return [...(isPair ? pair : []), reading(aes128Cbc, new Secret(fvek))]
  }
  if (fvek.length !== KEY_256) return []
  const pair = [reading(aes256CbcDiffuser, new Secret(both)), reading(xtsAes256, new Secret(both.slice()))]
  // libbde has both keys of XTS-AES 128 in its first one.
  const single = [reading(aes256Cbc, new Secret(fvek)), reading(xtsAes128, new Secret(fvek.slice()))]
  return [...(isPair ? pair : []), ...single]
}

const DISLOCKER_FILE_LENGTH = 66
const METHOD = u16("encryption method")

/** The method, then 64 bytes of which the method says how many count. */
function readDislockerFile(input: string | Uint8Array): FvekReading[] {
  if (typeof input === "string" || input.length !== DISLOCKER_FILE_LENGTH) return []
  const method = METHOD.get(viewOf(input), 0)
  if (!isEncryptionMethod(method)) return []
  const end = METHOD.size + methodFacts(method).fvekLength
  return [{ method, key: new Secret(input.slice(METHOD.size, end)) }]
}

/** Hex wherever it reads as hex: 32 random bytes that are all hex digits do not happen. */
function asKeyBytes(input: string | Uint8Array): Uint8Array | undefined {
  const text = asText(input)
  const digits = text?.replace(/0x/gi, "").replace(/[\s,;:_-]/g, "")
  return (digits && fromHex(digits)) || (typeof input === "string" ? undefined : input.slice())
}

/** No file of a key, in whatever form, is longer. */
const LONGEST_FILE = 1024

/** Only ASCII: anything else is a raw key. */
function asText(input: string | Uint8Array): string | undefined {
  if (typeof input === "string") return input
  return input.length <= LONGEST_FILE && input.every((byte) => byte < 0x80)
    ? String.fromCharCode(...input)
    : undefined
}

function malformed(what: "VMK" | "FVEK", wanted: string, key: Uint8Array | undefined): UsageError {
  const seen = key ? `${key.length} bytes` : "no hex digits"
  return new UsageError(`${what.toLowerCase()}-malformed`, `the ${what} is ${seen}`, {
    next: [`give ${wanted}`],
  })
}
