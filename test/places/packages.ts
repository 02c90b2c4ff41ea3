/** A key package of a forged volume, in the encodings in which it travels. */
import { EncryptionMethod } from "../../src/crypto/method.ts"
import { parseKeyPackages } from "../../src/fve/index.ts"
import { freeExtents, loadFixture } from "../fixtures/fixtures.ts"
import { forge, type ForgedVolume } from "../forge/forge.ts"
import {
  KEY_PACKAGE_ENCODINGS,
  forgeKeyPackage as forgePackage,
  type KeyPackageRecipe,
} from "../forge/key-package.ts"

export const ENCODINGS = Object.keys(KEY_PACKAGE_ENCODINGS) as KeyPackageRecipe["encoding"][]

let volume: Promise<ForgedVolume> | undefined

export async function forgeKeyPackage(encoding: KeyPackageRecipe["encoding"]): Promise<Uint8Array> {
  volume ??= forge(loadFixture("sample"), {
    layout: "windows8",
    method: EncryptionMethod.xtsAes128,
    free: freeExtents("sample"),
    protectors: [{ kind: "recovery-password" }],
    seed: 1,
  })
  const protectorId = (await volume).protectors[0]!.id
  return forgePackage(await volume, { variant: "dataset", encoding, protectorId })
}

export async function keyPackageVolume(): Promise<string> {
  return parseKeyPackages(await forgeKeyPackage("binary"))[0]!.volumeId!
}
