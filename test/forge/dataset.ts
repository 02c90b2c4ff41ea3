/** The datums of a forged volume, in the order in which that Windows writes them. */
import { nodeCrypto } from "../../src/crypto/node.ts"
import { methodFacts } from "../../src/crypto/method.ts"
import { parseGuid } from "../../src/bytes/guid.ts"
import type { Extent } from "../../src/extents/extent.ts"
import {
  type DatasetFields,
  DatumRole,
  DatumType,
  KeyType,
  plainHash,
  type SealHash,
  sealedHash,
  serializeDatum,
  serializeUnicodeDatum,
  VirtualizationExtension,
  VirtualizationInfoBody,
} from "../../src/fve/index.ts"
import { FORGED_AT, nonceSource, type NonceSource } from "./nonces.ts"
import { forgeProtector, type ForgedProtector, wrapped } from "./protectors.ts"
import { type SeededRandom, seededRandom } from "./random.ts"
import type { Recipe } from "./recipe.ts"

export interface VolumeSecrets {
  readonly vmk: Uint8Array
  readonly fvek: Uint8Array
}

/** Decrypted volumes have no keys and no protectors. */
export interface ForgedKeys extends Partial<VolumeSecrets> {
  readonly protectors: readonly ForgedProtector[]
}

/** The keys of a recipe: the same at every call. */
export function forgeKeys({ conversion, method, seed = 1 }: Recipe): VolumeSecrets | undefined {
  if (conversion?.kind === "decrypted") return undefined
  const random = seededRandom(seed + method)
  return { vmk: random.bytes(32), fvek: random.bytes(methodFacts(method).fvekLength) }
}

export interface ForgedDataset {
  readonly protectors: readonly ForgedProtector[]
  readonly fields: DatasetFields
  readonly datums: readonly Uint8Array[]
  readonly hash: SealHash
}

export interface VirtualizationFacts {
  readonly headBackup: Extent
  readonly extraRegion?: Extent
  readonly sectorSize: number
  readonly flags: bigint
}

export async function forgeDataset(recipe: Recipe, head?: VirtualizationFacts): Promise<ForgedDataset> {
  const random = seededRandom(recipe.seed ?? 1)
  const nonces = nonceSource(recipe.firstNonceCounter)
  const volumeId = parseGuid(random.bytes(16))
  const virtualization = head ? [virtualizationDatum(recipe, head)] : []
  const keys = forgeKeys(recipe)
  if (!keys) {
    const fields = { id: volumeId, nonceCounter: 1, method: 0, created: FORGED_AT }
    return { protectors: [], fields, datums: virtualization, hash: plainHash(nodeCrypto) }
  }
  const { vmk, fvek } = keys
  const protectors: ForgedProtector[] = []
  for (const [i, protector] of recipe.protectors.entries()) {
    // Of its own, so that the salts of many recipes are the same and stretches are remembered.
    const own = seededRandom((recipe.seed ?? 1) + 100 * (i + 1))
    protectors.push(await forgeProtector(protector, { recipe, volumeId, vmk, random: own, nonces }))
  }
  const description = serializeUnicodeDatum(DatumRole.description, "FORGE VOLUME 6/1/2021")
  const wrappedFvek = wrapped(DatumRole.fvek, vmk, nonces, recipe.method, fvek)
  const future = recipe.hasFutureDatums ? futureDatums(random, vmk, nonces) : []
  const autoUnlock = recipe.autoUnlockKey
    ? [wrapped(DatumRole.autoUnlockKey, vmk, nonces, KeyType.externalKey, recipe.autoUnlockKey)]
    : []
  const middle = [description, ...protectors.map(({ datum }) => datum), wrappedFvek, ...autoUnlock, ...future]
  // Windows 7 writes the virtualization info first, later ones last.
  const datums =
    recipe.layout === "windows7" ? [...virtualization, ...middle] : [...middle, ...virtualization]
  const hashNonce = nonces.nextOfDriver()
  return {
    protectors,
    fields: { id: volumeId, nonceCounter: nonces.counter(), method: recipe.method, created: FORGED_AT },
    datums,
    hash: sealedHash(nodeCrypto, vmk, hashNonce),
  }
}

/** Of the Windows 10 that the forge pretends to be. */
const OS_BUILD = 19041

function virtualizationDatum(
  { layout }: Recipe,
  { headBackup, extraRegion, sectorSize, flags }: VirtualizationFacts,
): Uint8Array {
  const info = VirtualizationInfoBody.serialize({
    backupOffset: BigInt(headBackup.start),
    backupSize: BigInt(headBackup.length),
  })
  const extension = VirtualizationExtension.serialize({
    version: 5,
    size: VirtualizationExtension.size,
    reserved4: 0,
    flags,
    logOffset: 0n,
    logSize: 0,
    sectorSize,
    physicalSectorSize: sectorSize,
    osMajor: 10,
    osMinor: 0,
    osBuild: OS_BUILD,
    platformId: 2,
    servicePackMajor: 0,
    servicePackMinor: 0,
    suiteMask: 0x110,
    productType: Uint8Array.of(1, 2),
    extraOffset: BigInt(extraRegion?.start ?? 0),
    extraSize: extraRegion?.length ?? 0,
    reserved72: 0,
  })
  const body = layout === "windows7" ? [info] : [info, extension]
  return serializeDatum({ role: DatumRole.virtualization, type: DatumType.virtualizationInfo, body })
}

/** A role, a type and flags not seen yet; a known one under a new role; an erased one. */
function futureDatums(random: SeededRandom, vmk: Uint8Array, nonces: NonceSource): Uint8Array[] {
  return [
    serializeDatum({ role: 0x001f, type: 0x0042, flags: 0x8001, body: [random.bytes(37)] }),
    wrapped(0x0033, vmk, nonces, 0x2fff, random.bytes(48)),
    serializeDatum({ role: DatumRole.property, type: DatumType.erased, body: [random.bytes(24)] }),
  ]
}
