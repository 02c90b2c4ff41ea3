/** Key protectors of a forged volume: the VMK info datum of each, and the credential that opens it. */
import { type KeyObject, X509Certificate, constants, publicEncrypt } from "node:crypto"
import { parseRecoveryPassword } from "../../src/credential/recovery-password.ts"
import { serializeStartupKey } from "../../src/credential/startup-key.ts"
import { stretchInputOfPassword, stretchInputOfRecoveryPassword } from "../../src/credential/stretch-input.ts"
import { filetimeToDate } from "../../src/bytes/filetime.ts"
import { parseGuid } from "../../src/bytes/guid.ts"
import { serializeUtf16 } from "../../src/bytes/utf16.ts"
import { nodeCrypto } from "../../src/crypto/node.ts"
import { Secret } from "../../src/crypto/secret.ts"
import {
  BackupInfoBody,
  DatumRole,
  DatumType,
  ExportedPublicKeyBody,
  KeyType,
  Protection,
  PublicKeyInfoBody,
  serializeCcmDatum,
  serializeDatum,
  serializeKeyDatum,
  serializeUnicodeDatum,
  StretchKeyBody,
  UseKeyBody,
  VmkInfoBody,
} from "../../src/fve/index.ts"
import { FORGED_AT, type NonceSource } from "./nonces.ts"
import type { SeededRandom } from "./random.ts"
import type { ForgedCertificate, ProtectorRecipe, Recipe } from "./recipe.ts"
import { stretched } from "./stretched-keys.ts"

/** A default that is as good as any: eight groups divisible by 11. */
export const RECOVERY_PASSWORD = "110011-220022-330033-440044-550055-660066-000011-123453"

export interface ForgedProtector {
  readonly kind: ProtectorRecipe["kind"]
  /** GUID. */
  readonly id: string
  /** The 48 digits. */
  readonly recoveryPassword?: string
  readonly password?: string
  readonly startupKey?: { readonly fileName: string; readonly file: Uint8Array; readonly key: Uint8Array }
  readonly datum: Uint8Array
}

export interface ProtectorInputs {
  readonly recipe: Recipe
  readonly volumeId: string
  readonly vmk: Uint8Array
  readonly random: SeededRandom
  readonly nonces: NonceSource
}

export async function forgeProtector(
  protector: ProtectorRecipe,
  inputs: ProtectorInputs,
): Promise<ForgedProtector> {
  const id = parseGuid(inputs.random.bytes(16))
  switch (protector.kind) {
    case "recovery-password":
      return recoveryPasswordProtector(id, protector, inputs)
    case "password":
      return passwordProtector(id, protector.password, inputs)
    case "startup-key":
      return startupKeyProtector(id, protector.namesVolume ?? false, inputs)
    case "clear-key":
      return clearKeyProtector(id, inputs)
    case "public-key":
      return protector.certificate
        ? certificateProtector(id, protector.certificate, inputs)
        : opaqueProtector(id, protector.kind, inputs)
    default:
      return opaqueProtector(id, protector.kind, inputs)
  }
}

async function recoveryPasswordProtector(
  id: string,
  { digits = RECOVERY_PASSWORD, name, hasBackupInfo }: ProtectorRecipe & { kind: "recovery-password" },
  inputs: ProtectorInputs,
): Promise<ForgedProtector> {
  const { vmk, nonces, random, recipe } = inputs
  const key16 = parseRecoveryPassword(digits).key16.reveal()
  const salt = random.bytes(16)
  const key = await stretched(stretchInputOfRecoveryPassword(key16, nodeCrypto.sha256), salt)
  const own = isOld(recipe) ? DatumRole.property : DatumRole.recoveryPassword
  const revealing = [wrapped(own, vmk, nonces, KeyType.recoveryPassword, key16)]
  if (!isOld(recipe)) {
    const role = DatumRole.stretchedRecoveryPassword
    revealing.push(wrapped(role, vmk, nonces, KeyType.stretchedRecoveryPassword, key))
  }
  const datum = vmkInfo(id, Protection.recoveryPassword, [
    ...(name ? [serializeUnicodeDatum(DatumRole.property, name)] : []),
    stretchKey(KeyType.recoveryPassword, salt, revealing),
    wrapped(DatumRole.property, key, nonces, KeyType.vmk, vmk),
    ...(hasBackupInfo ? [backupInfo()] : []),
  ])
  return { kind: "recovery-password", id, recoveryPassword: digits, datum }
}

async function passwordProtector(
  id: string,
  password: string,
  inputs: ProtectorInputs,
): Promise<ForgedProtector> {
  const { vmk, nonces, random } = inputs
  const salt = random.bytes(16)
  const key = await stretched(stretchInputOfPassword(serializeUtf16(password), nodeCrypto.sha256), salt)
  const revealing = wrapped(DatumRole.property, vmk, nonces, KeyType.stretchedPassword, key)
  const datum = vmkInfo(id, Protection.password, [
    stretchKey(KeyType.password, salt, [revealing]),
    wrapped(DatumRole.property, key, nonces, KeyType.vmk, vmk),
  ])
  return { kind: "password", id, password, datum }
}

function startupKeyProtector(id: string, namesVolume: boolean, inputs: ProtectorInputs): ForgedProtector {
  const { vmk, nonces, random, volumeId, recipe } = inputs
  const key = random.bytes(32)
  const datum = vmkInfo(id, Protection.startupKey, [
    ...(isOld(recipe) ? [] : [serializeUnicodeDatum(DatumRole.property, "ExternalKey")]),
    useKey(KeyType.externalKey, [wrapped(DatumRole.property, vmk, nonces, KeyType.externalKey, key)]),
    wrapped(DatumRole.property, key, nonces, KeyType.vmk, vmk),
  ])
  const file = serializeStartupKey({
    kind: "startup-key",
    keyId: id,
    key: new Secret(key),
    created: filetimeToDate(FORGED_AT)!,
    ...(namesVolume && { volumeId }),
  })
  return { kind: "startup-key", id, startupKey: { fileName: `${id}.BEK`, file, key }, datum }
}

function clearKeyProtector(id: string, { vmk, nonces, random, recipe }: ProtectorInputs): ForgedProtector {
  const key = random.bytes(32)
  const properties = [
    serializeKeyDatum({ keyType: KeyType.clearKey, keyFlags: 0, key }, 1),
    wrapped(DatumRole.property, key, nonces, KeyType.vmk, vmk),
  ]
  // Windows sets one more bit when nothing else protects the volume.
  const flags = recipe.protectors.length === 1 ? 3 : 1
  return { kind: "clear-key", id, datum: vmkInfo(id, Protection.clearKey, properties, flags) }
}

function certificateProtector(
  id: string,
  { pem, byteOrder = "cng", holds = "key", padding = "pkcs1" }: ForgedCertificate,
  { vmk, nonces, random }: ProtectorInputs,
): ForgedProtector {
  const key = random.bytes(32)
  const { publicKey, fingerprint } = new X509Certificate(pem)
  const intermediate = KeyType.publicKeyIntermediate
  const message = holds === "key" ? key : serializeKeyDatum({ keyType: intermediate, keyFlags: 0, key })
  const sealed =
    padding === "pkcs1" ? encryptPkcs1(publicKey, message, random) : encryptOaep(publicKey, message, padding)
  const body = byteOrder === "cng" ? sealed : sealed.toReversed()
  const datum = vmkInfo(id, Protection.publicKey, [
    serializeDatum({ role: DatumRole.property, type: DatumType.asymmetricBlob, body: [body] }),
    exportedPublicKey(publicKey),
    publicKeyInfo(Buffer.from(fingerprint.replaceAll(":", ""), "hex")),
    useKey(intermediate, [wrapped(DatumRole.property, vmk, nonces, intermediate, key)]),
    wrapped(DatumRole.property, key, nonces, KeyType.vmk, vmk),
  ])
  return { kind: "public-key", id, datum }
}

/** PKCS#1 v1.5 (RFC 8017, 7.2.1) with noise that is the same at every call. */
function encryptPkcs1(key: KeyObject, message: Uint8Array, random: SeededRandom): Uint8Array {
  const length = key.asymmetricKeyDetails!.modulusLength! / 8
  const noise = random.bytes(length - message.length - 3).map((byte) => byte || 1)
  const block = Buffer.concat([Uint8Array.of(0, 2), noise, Uint8Array.of(0), message])
  return new Uint8Array(publicEncrypt({ key, padding: constants.RSA_NO_PADDING }, block))
}

/** By OpenSSL: its seed is another one at every call. */
function encryptOaep(key: KeyObject, message: Uint8Array, padding: "oaep-sha1" | "oaep-sha256"): Uint8Array {
  const oaepHash = padding.slice("oaep-".length)
  const options = { key, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash }
  return new Uint8Array(publicEncrypt(options, message))
}

function exportedPublicKey(key: KeyObject): Uint8Array {
  const { n, e } = key.export({ format: "jwk" })
  const [modulus, exponent] = [Buffer.from(n!, "base64url"), Buffer.from(e!, "base64url")]
  const head = ExportedPublicKeyBody.serialize({
    magic: Buffer.from("RSA1"),
    bitLength: 8 * modulus.length,
    exponentLength: exponent.length,
    modulusLength: modulus.length,
    prime1Length: 0,
    prime2Length: 0,
  })
  return serializeDatum({
    role: DatumRole.publicKey,
    type: DatumType.exportedPublicKey,
    body: [head, exponent, modulus],
  })
}

/** Of the right shape, but with keys that nobody has. */
function opaqueProtector(
  id: string,
  kind: ForgedProtector["kind"],
  inputs: ProtectorInputs,
): ForgedProtector {
  const { vmk, nonces, random } = inputs
  const sealed = wrapped(DatumRole.property, random.bytes(32), nonces, KeyType.vmk, vmk)
  const blob = (type: number, length: number, role: number = DatumRole.property): Uint8Array =>
    serializeDatum({ role, type, body: [random.bytes(length)] })
  const intermediate = [
    wrapped(DatumRole.property, vmk, nonces, KeyType.publicKeyIntermediate, random.bytes(32)),
  ]
  const shapes: Partial<Record<ForgedProtector["kind"], readonly [number, readonly Uint8Array[]]>> = {
    "public-key": [
      Protection.publicKey,
      [
        blob(DatumType.asymmetricBlob, 256),
        blob(DatumType.exportedPublicKey, 283, DatumRole.publicKey),
        publicKeyInfo(random.bytes(20)),
        useKey(KeyType.publicKeyIntermediate, intermediate),
        sealed,
      ],
    ],
    tpm: [Protection.tpm, [blob(DatumType.tpmBlob, 190)]],
    "tpm-pin": [
      Protection.tpmPin,
      [stretchKey(KeyType.password, random.bytes(16), []), blob(DatumType.tpmBlob, 190), sealed],
    ],
    "network-unlock": [
      Protection.networkUnlock,
      [blob(DatumType.tpmBlob, 190), publicKeyInfo(random.bytes(20)), sealed],
    ],
    future: [0x4000, [blob(0x0031, 45), sealed]],
  }
  const [protection, properties] = shapes[kind]!
  return { kind, id, datum: vmkInfo(id, protection, properties) }
}

/** Windows 8 brought new properties. */
function isOld({ layout }: Recipe): boolean {
  return layout === "vista" || layout === "windows7"
}

export function wrapped(
  role: number,
  key: Uint8Array,
  nonces: NonceSource,
  keyType: number,
  secret: Uint8Array,
): Uint8Array {
  const plaintext = serializeKeyDatum({ keyType, keyFlags: 0, key: secret })
  return serializeCcmDatum(role, nodeCrypto.sealCcm(key, nonces.next(), plaintext))
}

function vmkInfo(id: string, protection: number, properties: readonly Uint8Array[], flags = 1): Uint8Array {
  const fixed = VmkInfoBody.serialize({ id, created: FORGED_AT, reserved24: 0, protection })
  return serializeDatum({
    role: DatumRole.keyProtector,
    type: DatumType.vmkInfo,
    flags,
    body: [fixed, ...properties],
  })
}

function stretchKey(keyType: number, salt: Uint8Array, properties: readonly Uint8Array[]): Uint8Array {
  const body = [StretchKeyBody.serialize({ keyType, keyFlags: 0, salt }), ...properties]
  return serializeDatum({ role: DatumRole.property, type: DatumType.stretchKey, body })
}

function useKey(keyType: number, properties: readonly Uint8Array[]): Uint8Array {
  const body = [UseKeyBody.serialize({ keyType, keyFlags: 0 }), ...properties]
  return serializeDatum({ role: DatumRole.property, type: DatumType.useKey, body })
}

function backupInfo(): Uint8Array {
  const body = BackupInfoBody.serialize({ first: FORGED_AT, second: FORGED_AT, kind: 8, reserved18: 2 })
  return serializeDatum({ role: DatumRole.property, type: DatumType.backupInfo, body: [body] })
}

function publicKeyInfo(thumbprint: Uint8Array): Uint8Array {
  const body = PublicKeyInfoBody.serialize({
    tag: Uint8Array.of(0x67, 0x73, 0x69, 0x6e),
    size: PublicKeyInfoBody.size,
    reserved8: 2,
    thumbprintLength: 20,
    thumbprint,
    reserved36: Uint8Array.of(0),
  })
  return serializeDatum({ role: DatumRole.property, type: DatumType.publicKeyInfo, body: [body] })
}
