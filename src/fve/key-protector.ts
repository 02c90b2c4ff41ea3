/**
 * Key protectors: a VMK info datum and what opens it. The protection field is a mask of factors; values not listed here
 * (an account or a group, which Windows wraps by DPAPI-NG) are `unknown`, shown and left alone.
 *
 * The box that holds the VMK is a direct property of the VMK info. Boxes inside a stretch or use key go the other way:
 * the VMK opens them, and they give the credential back.
 */
import { toHex } from "../bytes/hex.ts"
import { filetimeToDate } from "../bytes/filetime.ts"
import { parseUtf16 } from "../bytes/utf16.ts"
import type { CcmBox } from "../crypto/crypto.ts"
import { Secret } from "../crypto/secret.ts"
import type { Dataset } from "./dataset.ts"
import {
  BackupInfoBody,
  DatumRole,
  DatumType,
  ExportedPublicKeyBody,
  KeyBody,
  KeyType,
  PublicKeyInfoBody,
  StretchKeyBody,
  VmkInfoBody,
} from "./datum-layout.ts"
import type { Datum } from "./datum.ts"
import { known } from "./known.ts"
import { readCcmBox, readKey } from "./wrapped-key.ts"

export type ProtectorKind =
  | "clear-key"
  | "tpm"
  /** Also recovery keys (`.BEK`) and automatic unlocking: the disk does not tell them apart. */
  | "startup-key"
  | "tpm-startup-key"
  | "pin"
  | "tpm-pin"
  | "tpm-pin-startup-key"
  /** Unconfirmed, as the mask has it: TPM and certificate. */
  | "network-unlock"
  | "recovery-password"
  | "public-key"
  | "password"
  | "unknown"

/** The protection field, whose low byte is 0 on all volumes seen. Combinations of the TPM with a startup key or a certificate: Unconfirmed. */
export const Protection = {
  clearKey: 0x0000,
  tpm: 0x0100,
  startupKey: 0x0200,
  tpmStartupKey: 0x0300,
  pin: 0x0400,
  tpmPin: 0x0500,
  tpmPinStartupKey: 0x0700,
  recoveryPassword: 0x0800,
  publicKey: 0x1000,
  networkUnlock: 0x1100,
  password: 0x2000,
} as const

const KINDS: ReadonlyMap<number, ProtectorKind> = new Map([
  [Protection.clearKey, "clear-key"],
  [Protection.tpm, "tpm"],
  [Protection.startupKey, "startup-key"],
  [Protection.tpmStartupKey, "tpm-startup-key"],
  [Protection.pin, "pin"],
  [Protection.tpmPin, "tpm-pin"],
  [Protection.tpmPinStartupKey, "tpm-pin-startup-key"],
  [Protection.recoveryPassword, "recovery-password"],
  [Protection.publicKey, "public-key"],
  [Protection.networkUnlock, "network-unlock"],
  [Protection.password, "password"],
])

/** A combination of factors that is known: what a damaged field hardly ever is. */
export function isProtection(value: number): boolean {
  return KINDS.has(value)
}

export interface KeyProtector {
  /** GUID: the key ID that a help desk asks for. */
  readonly id: string
  readonly kind: ProtectorKind
  /** As on disk. */
  readonly protection: number
  /** Of the datum. 0x0004 on a suspended volume: the high byte counts the restarts left. */
  readonly flags: number
  readonly created?: Date
  /** Such as `DiskPassword` or `ExternalKey`. */
  readonly name?: string
  /** What a right key opens; one on every volume seen. */
  readonly wrappedVmk: readonly CcmBox[]
  /** Of the key stretch, for the kinds that have one. */
  readonly salt?: Uint8Array
  /** Lies in clear on the disk. */
  readonly clearKey?: Secret
  /** SHA-1 of the certificate of a public key, in hex. */
  readonly thumbprint?: string
  /** Of a certificate. */
  readonly publicKey?: RsaPublicKey
  /** Keys that the private key of a certificate opens, each as an RSA ciphertext; one on every volume seen. */
  readonly sealedKeys: readonly Uint8Array[]
  /** When Windows backed the recovery password up (since version 1903). */
  readonly backedUp?: Date
  readonly datum: Datum
}

export interface RsaPublicKey {
  /** Big-endian, both. */
  readonly exponent: Uint8Array
  readonly modulus: Uint8Array
}

/** The key protectors of a dataset in disk order, which is not fixed. */
export function readKeyProtectors(dataset: Dataset): KeyProtector[] {
  return dataset.datums.map(readKeyProtector).filter((protector) => protector !== undefined)
}

/** `undefined` when the datum is no VMK info, or too short for one. */
export function readKeyProtector(datum: Datum): KeyProtector | undefined {
  if (datum.type !== DatumType.vmkInfo || datum.body.length < VmkInfoBody.size) return undefined
  const { id, created, protection } = VmkInfoBody.parse(datum.body)
  const facts = {
    created: filetimeToDate(created),
    name: readName(datum),
    salt: readSalt(datum),
    clearKey: readClearKey(datum),
    thumbprint: readThumbprint(datum),
    publicKey: readPublicKey(datum),
    backedUp: readBackup(datum),
  }
  return {
    id,
    kind: KINDS.get(protection & 0xff00) ?? "unknown",
    protection,
    flags: datum.flags,
    ...known(facts),
    wrappedVmk: datum.properties.map(readCcmBox).filter((box) => box !== undefined),
    sealedKeys: datum.properties
      .filter(({ type }) => type === DatumType.asymmetricBlob)
      .map(({ body }) => body.slice()),
    datum,
  }
}

/** What the VMK gives back of a protector's credential. */
export interface RevealingBox {
  readonly gives:
    | "recovery-password"
    | "stretched-recovery-password"
    | "stretched-password"
    | "external-key"
    | "other"
  readonly box: CcmBox
}

/**
 * The boxes that the VMK opens. Windows Vista and 7 give the nested box of a recovery password the role of any property;
 * its plaintext of 28 bytes tells it from the stretched key's 44.
 */
export function readRevealingBoxes({ datum }: KeyProtector): RevealingBox[] {
  return datum.properties.flatMap((holder) =>
    holder.properties.flatMap((inner) => {
      const box = readCcmBox(inner)
      return box ? [{ gives: whatItGives(holder, inner.role, box), box }] : []
    }),
  )
}

const WRAPPED_RECOVERY_PASSWORD_LENGTH = 28

function whatItGives(holder: Datum, role: number, box: CcmBox): RevealingBox["gives"] {
  if (holder.type === DatumType.useKey)
    return keyTypeOf(holder) === KeyType.externalKey ? "external-key" : "other"
  if (role === DatumRole.recoveryPassword) return "recovery-password"
  if (role === DatumRole.stretchedRecoveryPassword) return "stretched-recovery-password"
  if (keyTypeOf(holder) === KeyType.password) return "stretched-password"
  return box.ciphertext.length === WRAPPED_RECOVERY_PASSWORD_LENGTH ? "recovery-password" : "other"
}

/** Stretch and use keys begin with the same fields as a key. */
function keyTypeOf(holder: Datum): number | undefined {
  return holder.body.length < KeyBody.size ? undefined : KeyBody.parse(holder.body).keyType
}

function property(datum: Datum, type: number, length: number): Datum | undefined {
  return datum.properties.find((inner) => inner.type === type && inner.body.length >= length)
}

function readName(datum: Datum): string | undefined {
  const unicode = property(datum, DatumType.unicode, 0)
  return unicode && parseUtf16(unicode.body)
}

function readSalt(datum: Datum): Uint8Array | undefined {
  const stretch = property(datum, DatumType.stretchKey, StretchKeyBody.size)
  return stretch && StretchKeyBody.parse(stretch.body).salt
}

function readClearKey(datum: Datum): Secret | undefined {
  const keys = datum.properties.map(readKey)
  const clear = keys.find((key) => key?.keyType === KeyType.clearKey)
  return clear && new Secret(clear.key)
}

function readThumbprint(datum: Datum): string | undefined {
  const info = property(datum, DatumType.publicKeyInfo, PublicKeyInfoBody.size)
  return info && toHex(PublicKeyInfoBody.parse(info.body).thumbprint)
}

function readPublicKey(datum: Datum): RsaPublicKey | undefined {
  const exported = property(datum, DatumType.exportedPublicKey, ExportedPublicKeyBody.size)
  if (!exported) return undefined
  const { exponentLength, modulusLength } = ExportedPublicKeyBody.parse(exported.body)
  const modulusAt = ExportedPublicKeyBody.size + exponentLength
  if (modulusAt + modulusLength > exported.body.length) return undefined
  return {
    exponent: exported.body.slice(ExportedPublicKeyBody.size, modulusAt),
    modulus: exported.body.slice(modulusAt, modulusAt + modulusLength),
  }
}

function readBackup(datum: Datum): Date | undefined {
  const info = property(datum, DatumType.backupInfo, BackupInfoBody.size)
  return info && filetimeToDate(BackupInfoBody.parse(info.body).first)
}
