/**
 * The datums of a new metadata block, where no checksum proves the old one as a whole. Each is proven by itself: the VMK opens
 * what a key protector keeps for it, that opens the protector's own box, and the VMK is in there again. A protector that
 * nothing can be told of (a TPM's) is taken when all that was found of it is the same.
 */
import { equalBytes } from "../bytes/compare.ts"
import type { CcmBox, Crypto } from "../crypto/crypto.ts"
import type { Finding } from "../findings.ts"
import {
  DatumRole,
  DatumType,
  type FoundProtector,
  type KeyMaterial,
  type VolumeFacts,
  type VolumeKeys,
  VirtualizationInfoBody,
  parseKeyDatum,
  readRevealingBoxes,
  serializeCcmDatum,
  serializeDatum,
} from "../fve/index.ts"

export interface ProvenDatums {
  /** Serialized, in the order of Windows: key protectors, FVEK, virtualization info. */
  readonly datums: readonly Uint8Array[]
  /** At least one key protector and the FVEK are among them. */
  readonly isUsable: boolean
  /** What could not be kept. */
  readonly findings: readonly Finding[]
}

/** @param keys of the open volume, the VMK among them */
export function proveDatums(
  material: KeyMaterial,
  facts: VolumeFacts,
  keys: VolumeKeys,
  crypto: Crypto,
): ProvenDatums {
  if (!keys.vmk) throw new TypeError("datums cannot be proven without the VMK")
  const vmk = keys.vmk.reveal()
  const chosen = [...new Set(material.protectors.map(({ id }) => id))].map((id) => {
    const versions = material.protectors.filter((protector) => protector.id === id)
    const proven = versions.find((version) => !version.isOlder && opensInCircle(version, vmk, crypto))
    return {
      versions,
      kept: proven ?? versions.find((version) => versions.length === 1 && isSilent(version)),
    }
  })
  const kept = chosen.flatMap(({ kept }) => (kept ? [kept.datum] : []))
  const fvek = material.fveks.find((box) =>
    equalBytes(openKey(vmk, box, crypto) ?? NO_KEY, keys.fvek.reveal()),
  )
  return {
    datums: [
      ...kept.map((datum) => serializeDatum({ ...datum, body: [datum.body] })),
      ...(fvek ? [serializeCcmDatum(DatumRole.fvek, fvek)] : []),
      ...virtualizationDatum(facts),
    ],
    isUsable: kept.length > 0 && fvek !== undefined,
    findings: chosen.flatMap(({ versions, kept }) => (kept ? [] : [lostProtector(versions[0]!)])),
  }
}

/** Nothing of it can be opened here, and nothing speaks against it. */
function isSilent(protector: FoundProtector): boolean {
  const { isOlder, mayBeForeign, clearKey } = protector
  return !isOlder && !mayBeForeign && !clearKey && readRevealingBoxes(protector).length === 0
}

/** Key → VMK → key: every box that makes the protector work is intact, and of this volume. */
function opensInCircle(protector: FoundProtector, vmk: Uint8Array, crypto: Crypto): boolean {
  const revealed = readRevealingBoxes(protector).map(({ box }) => openKey(vmk, box, crypto))
  if (revealed.includes(undefined)) return false
  const keys = protector.clearKey
    ? [protector.clearKey.reveal()]
    : revealed.filter((key) => key !== undefined)
  return protector.wrappedVmk.some((box) =>
    keys.some((key) => {
      // The recovery password itself is among what is revealed, and no key for this.
      const opened = key.length === VMK_LENGTH ? openKey(key, box, crypto) : undefined
      return opened !== undefined && equalBytes(opened, vmk)
    }),
  )
}

const VMK_LENGTH = 32
const NO_KEY = new Uint8Array(0)

function openKey(key: Uint8Array, box: CcmBox, crypto: Crypto): Uint8Array | undefined {
  const plaintext = crypto.openCcm(key, box)
  return plaintext && parseKeyDatum(plaintext)?.key
}

/**
 * In the form of Windows 7, which later ones read too: what these write besides is their own version and flags, and nothing
 * tells what they were.
 */
function virtualizationDatum({ headBackup }: VolumeFacts): Uint8Array[] {
  if (!headBackup) return []
  const body = VirtualizationInfoBody.serialize({
    backupOffset: BigInt(headBackup.start),
    backupSize: BigInt(headBackup.length),
  })
  return [
    serializeDatum({ role: DatumRole.virtualization, type: DatumType.virtualizationInfo, body: [body] }),
  ]
}

function lostProtector({ id, kind }: FoundProtector): Finding {
  return {
    code: "key-protector-not-kept",
    severity: "notice",
    text: `the key protector ${id} is damaged or outdated, or cannot be proven: the new metadata does not have it`,
    evidence: { protectorId: id, kind },
  }
}
