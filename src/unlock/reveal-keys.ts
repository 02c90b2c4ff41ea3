/**
 * What an open volume gives back. BitLocker keeps the credentials of its key protectors wrapped by the VMK, so one that works
 * gives all recovery passwords and startup keys, in the same boxes on every Windows since Vista. Of a password only its
 * stretch is kept, never the password; and nothing of a TPM.
 */
import type { CcmBox, Crypto } from "../crypto/crypto.ts"
import { Secret } from "../crypto/secret.ts"
import {
  type Datum,
  DatumRole,
  DatumType,
  type FoundProtector,
  KeyType,
  parseDatums,
  parseKeyDatum,
  readCcmBox,
  readRevealingBoxes,
} from "../fve/index.ts"
import { parseUtf16 } from "../bytes/utf16.ts"

/** A key protector, in the version whose boxes opened, with the credential that it is for. */
export interface RevealedProtector {
  readonly protector: FoundProtector
  /** The 48 digits as 16 bytes. */
  readonly recoveryPassword?: Secret
  /** Of a `.BEK` file, or of automatic unlocking: the disk does not tell which. */
  readonly startupKey?: Secret
}

/** One entry for each key protector that gives something; versions with damaged boxes are passed over. */
export function revealProtectors(
  vmk: Secret,
  protectors: readonly FoundProtector[],
  crypto: Crypto,
): RevealedProtector[] {
  const found = new Map<string, RevealedProtector>()
  for (const protector of protectors) {
    if (found.has(protector.id)) continue
    const revealed = revealProtector(vmk, protector, crypto)
    if (revealed) found.set(protector.id, revealed)
  }
  return [...found.values()]
}

const RECOVERY_PASSWORD_LENGTH = 16
const KEY_LENGTH = 32

function revealProtector(
  vmk: Secret,
  protector: FoundProtector,
  crypto: Crypto,
): RevealedProtector | undefined {
  const boxes = readRevealingBoxes(protector)
  const keyOf = (
    gives: (typeof boxes)[number]["gives"],
    keyType: number,
    length: number,
  ): Secret | undefined =>
    boxes
      .filter((one) => one.gives === gives)
      .map(({ box }) => openKey(vmk, box, crypto, keyType, length))
      .find((key) => key !== undefined)
  const recoveryPassword = keyOf("recovery-password", KeyType.recoveryPassword, RECOVERY_PASSWORD_LENGTH)
  const startupKey = keyOf("external-key", KeyType.externalKey, KEY_LENGTH)
  if (!recoveryPassword && !startupKey) return undefined
  return {
    protector,
    ...(recoveryPassword && { recoveryPassword }),
    ...(startupKey && { startupKey }),
  }
}

/** The key with which an operating system's volume keeps the startup keys of the volumes that it unlocks by itself. */
export function revealAutoUnlockKey(
  vmk: Secret,
  datums: readonly Datum[],
  crypto: Crypto,
): Secret | undefined {
  return boxesOfRole(datums, DatumRole.autoUnlockKey)
    .map((box) => openKey(vmk, box, crypto, KeyType.externalKey, KEY_LENGTH))
    .find((key) => key !== undefined)
}

/** A startup key out of the registry of the Windows whose auto-unlock key this is; `undefined` when it is another's. */
export function openAutoUnlock(autoUnlockKey: Secret, wrapped: CcmBox, crypto: Crypto): Secret | undefined {
  return openKey(autoUnlockKey, wrapped, crypto, KeyType.externalKey, KEY_LENGTH)
}

/** The text by which an organisation marks its volumes. */
export function revealIdentification(
  vmk: Secret,
  datums: readonly Datum[],
  crypto: Crypto,
): string | undefined {
  for (const box of boxesOfRole(datums, DatumRole.identificationField)) {
    const plaintext = crypto.openCcm(vmk.reveal(), box)
    const [text] = plaintext ? parseDatums(plaintext, 0, plaintext.length, []) : []
    if (text?.type === DatumType.unicode) return parseUtf16(text.body)
  }
  return undefined
}

function boxesOfRole(datums: readonly Datum[], role: number): CcmBox[] {
  const boxes = datums.filter((datum) => datum.role === role).map(readCcmBox)
  return boxes.filter((box) => box !== undefined)
}

function openKey(
  by: Secret,
  box: CcmBox,
  crypto: Crypto,
  keyType: number,
  length: number,
): Secret | undefined {
  const plaintext = crypto.openCcm(by.reveal(), box)
  const datum = plaintext && parseKeyDatum(plaintext)
  return datum?.keyType === keyType && datum.key.length === length ? new Secret(datum.key) : undefined
}
