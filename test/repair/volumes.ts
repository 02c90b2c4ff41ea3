/**
 * Forged volumes and what opens them, for tests that injure metadata. Stretches take half a second each, so those of the
 * forged protectors are remembered, and a damaged salt gives a key that is as wrong, but at once.
 */
import {
  type Credential,
  parsePassword,
  parseRecoveryPassword,
  parseStartupKey,
  stretchInputOfPassword,
  stretchInputOfRecoveryPassword,
} from "../../src/credential/index.ts"
import type { Crypto } from "../../src/crypto/crypto.ts"
import { toHex } from "../../src/bytes/hex.ts"
import { EncryptionMethod } from "../../src/crypto/method.ts"
import { nodeCrypto } from "../../src/crypto/node.ts"
import {
  AREA_SIZE,
  type FveBootSector,
  type MetadataBlock,
  type VolumeFacts,
  parseMetadataBlock,
  readKeyProtectors,
  readVolumeFacts,
  recogniseBootSector,
} from "../../src/fve/index.ts"
import type { LabelledCredential } from "../../src/unlock/index.ts"
import { type FixtureName, freeExtents, loadFixture } from "../fixtures/fixtures.ts"
import { type ForgedVolume, type Recipe, forge } from "../forge/forge.ts"
import { RECOVERY_PASSWORD } from "../forge/protectors.ts"
import { stretched } from "../forge/stretched-keys.ts"

export const PASSWORD = "anaconda"
export const OLD_PASSWORD = "boa constrictor"
const { aes128CbcDiffuser, aes256Cbc, xtsAes128 } = EncryptionMethod

interface Kind {
  readonly fixture: FixtureName
  readonly recipe: Omit<Recipe, "protectors">
}

export const KINDS = {
  "XTS-128": { fixture: "sample", recipe: { layout: "windows8", method: xtsAes128 } },
  "diffuser-128 of Windows 7": {
    fixture: "sample",
    recipe: { layout: "windows7", method: aes128CbcDiffuser },
  },
  "CBC-256": { fixture: "sample", recipe: { layout: "windows8", method: aes256Cbc } },
  Vista: { fixture: "ntfs-512", recipe: { layout: "vista", method: aes128CbcDiffuser } },
  "4Kn": { fixture: "ntfs-4096", recipe: { layout: "windows8", method: xtsAes128, sectorSize: 4096 } },
  "a paused conversion": {
    fixture: "sample",
    recipe: {
      layout: "windows7",
      method: xtsAes128,
      conversion: { kind: "watermark", at: 0x180000, direction: "decrypting", state: "paused" },
    },
  },
} as const satisfies Record<string, Kind>
export type KindName = keyof typeof KINDS
export const KIND_NAMES = Object.keys(KINDS) as KindName[]

export interface TestVolume {
  readonly forged: ForgedVolume
  readonly boot: FveBootSector
  readonly block: MetadataBlock
  readonly facts: VolumeFacts
  /** The area of a copy: all three are the same. */
  readonly area: Uint8Array
  /** Of an older generation, with another password in place of all key protectors. */
  readonly olderArea: Uint8Array
  readonly recovery: LabelledCredential
  readonly startup: LabelledCredential
  readonly oldPassword: LabelledCredential
  readonly crypto: Crypto
}

const made = new Map<KindName, Promise<TestVolume>>()

export function volumeOf(kind: KindName): Promise<TestVolume> {
  const known = made.get(kind) ?? makeVolume(KINDS[kind])
  made.set(kind, known)
  return known
}

async function makeVolume({ fixture, recipe }: Kind): Promise<TestVolume> {
  const plaintext = loadFixture(fixture)
  const common = { ...recipe, free: freeExtents(fixture) }
  const forged = await forge(plaintext, {
    ...common,
    firstNonceCounter: 20,
    protectors: [
      { kind: "password", password: PASSWORD },
      { kind: "recovery-password", hasBackupInfo: true },
      { kind: "startup-key" },
    ],
  })
  const older = await forge(plaintext, {
    ...common,
    protectors: [{ kind: "password", password: OLD_PASSWORD }],
    // Before any conversion began.
    conversion: { kind: "encrypted" },
  })
  const boot = recogniseBootSector(forged.image)!
  const area = areaOf(forged)
  const block = parseMetadataBlock(area)!
  const startupKey = forged.protectors.find(({ startupKey }) => startupKey)!.startupKey!
  return {
    forged,
    boot,
    block,
    facts: readVolumeFacts(block, boot.sectorSize),
    area,
    olderArea: areaOf(older),
    recovery: labelled(parseRecoveryPassword(RECOVERY_PASSWORD)),
    startup: labelled(parseStartupKey(startupKey.file)),
    oldPassword: labelled(parsePassword(OLD_PASSWORD)),
    crypto: await quickCrypto([block, parseMetadataBlock(areaOf(older))!]),
  }
}

function areaOf({ image, metadataOffsets }: ForgedVolume): Uint8Array {
  return image.slice(metadataOffsets[0], metadataOffsets[0]! + AREA_SIZE)
}

const labelled = (credential: Credential): LabelledCredential => ({ credential, label: credential.kind })

async function quickCrypto(blocks: readonly MetadataBlock[]): Promise<Crypto> {
  const { sha256 } = nodeCrypto
  const inputs = [
    stretchInputOfRecoveryPassword(parseRecoveryPassword(RECOVERY_PASSWORD).key16.reveal(), sha256),
    ...[PASSWORD, OLD_PASSWORD].map((text) =>
      stretchInputOfPassword(parsePassword(text).forms[0]!.text.reveal(), sha256),
    ),
  ]
  const keys = new Map<string, Uint8Array>()
  for (const { salt } of blocks.flatMap(({ dataset }) => readKeyProtectors(dataset))) {
    for (const initial of salt ? inputs : [])
      keys.set(toHex(initial) + toHex(salt!), await stretched(initial, salt!))
  }
  return {
    ...nodeCrypto,
    stretch: (initial, salt) =>
      Promise.resolve(keys.get(toHex(initial) + toHex(salt))?.slice() ?? sha256(initial, salt)),
  }
}
