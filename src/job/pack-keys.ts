/** From an open volume to the key package of one of its key protectors, proven to open before anybody relies on it. */
import { MetadataError, UnsupportedError, UsageError } from "../errors.ts"
import { stretchInputOfRecoveryPassword } from "../credential/index.ts"
import type { Crypto } from "../crypto/crypto.ts"
import { Secret } from "../crypto/secret.ts"
import {
  type Datum,
  DatumRole,
  type FoundProtector,
  type KeyProtector,
  parseKeyDatum,
  serializeCcmDatum,
  serializeDatum,
  serializeKeyPackage,
} from "../fve/index.ts"
import { type RevealedProtector, protectorLabel, revealProtectors } from "../unlock/index.ts"
import { isPacked } from "./key-package-words.ts"
import type { OpenVolume, VolumeMetadata } from "./open-volume.ts"

export interface KeysToPack {
  readonly volume: OpenVolume
  readonly metadata: VolumeMetadata
  readonly vmk: Secret
}

/** @throws UsageError, UnsupportedError, MetadataError */
export async function packKeys(
  { volume, metadata, vmk }: KeysToPack,
  protectorId: string,
  crypto: Crypto,
): Promise<Uint8Array> {
  const { protectors, fveks } = volume.reconciled.material
  const versions = protectors.filter(({ id }) => id === protectorId)
  if (versions.length === 0) throw notFound(protectorId, protectors)
  if (!versions.some(isPacked)) throw unsupported(versions[0]!)
  const proven = await findProven(versions, vmk, crypto)
  const fvek = fveks.find((box) => crypto.openCcm(vmk.reveal(), box) !== undefined)
  if (!proven || !fvek || !metadata.block) throw unprovable(protectorId)
  const { header, datums } = metadata.block.dataset
  const descriptions = datums.filter(({ role }) => role === DatumRole.description)
  return serializeKeyPackage({
    dataset: { ...header, id: metadata.facts.volumeId },
    datums: [
      ...descriptions.map(datumBytes),
      datumBytes(proven.datum),
      serializeCcmDatum(DatumRole.fvek, fvek),
    ],
  })
}

/** The version that opens with the credential that the volume keeps of it: a damaged one must not be what is left one day. */
async function findProven(
  versions: readonly FoundProtector[],
  vmk: Secret,
  crypto: Crypto,
): Promise<FoundProtector | undefined> {
  for (const version of versions) {
    const [revealed] = revealProtectors(vmk, [version], crypto)
    const key = revealed && (await openingKey(revealed, crypto))
    if (key && version.wrappedVmk.some((box) => holds(crypto.openCcm(key.reveal(), box), vmk))) return version
  }
  return undefined
}

async function openingKey(
  { protector, startupKey, recoveryPassword }: RevealedProtector,
  crypto: Crypto,
): Promise<Secret | undefined> {
  if (startupKey) return startupKey
  if (!recoveryPassword || !protector.salt) return undefined
  // Stretched from the digits and the salt, not taken from where Windows keeps it: the salt may be what is damaged.
  const initial = stretchInputOfRecoveryPassword(recoveryPassword.reveal(), crypto.sha256)
  return new Secret(await crypto.stretch(initial, protector.salt))
}

function holds(plaintext: Uint8Array | undefined, vmk: Secret): boolean {
  const key = plaintext && parseKeyDatum(plaintext)?.key
  const wanted = vmk.reveal()
  return key?.length === wanted.length && key.every((byte, i) => byte === wanted[i])
}

function datumBytes({ role, type, flags, body }: Datum): Uint8Array {
  return serializeDatum({ role, type, flags, body: [body] })
}

function notFound(protectorId: string, protectors: readonly KeyProtector[]): UsageError {
  const ids = [...new Set(protectors.filter(isPacked).map(({ id }) => id))]
  return new UsageError("protector-not-found", `the volume has no key protector ${protectorId}`, {
    next:
      ids.length > 0
        ? ids.map((id) => `choose -id {${id}}`)
        : ["add a recovery password in Windows first: the volume has no key protector for a key package"],
    data: { protectorId, protectorIds: ids },
  })
}

function unsupported({ id, kind }: KeyProtector): UnsupportedError {
  const message = `no key package of the key protector ${id}: it is of the kind ${protectorLabel(kind)}`
  return new UnsupportedError("key-package-kind", message, {
    next: [
      "choose a recovery password or an external key: a package opens with nothing else",
      "manage-bde -protectors -get shows them",
    ],
    data: { protectorId: id, kind },
  })
}

function unprovable(protectorId: string): MetadataError {
  return new MetadataError(
    "key-package-unprovable",
    `the key protector ${protectorId} is damaged: a key package of it would not open`,
    { next: ["choose another key protector", "repair the volume first"], data: { protectorId } },
  )
}
