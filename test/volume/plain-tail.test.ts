/** The backup boot sector that lies in plaintext behind the file system, where the image goes on behind the volume. */
import { describe, expect, it } from "vitest"
import { EncryptionMethod } from "../../src/crypto/method.ts"
import type { Recipe } from "../forge/recipe.ts"
import { freeExtents, loadFixture } from "../fixtures/fixtures.ts"
import { forge } from "../forge/forge.ts"
import { openVolume } from "./conversion-scene.ts"

const KINDS: Readonly<Record<string, Pick<Recipe, "layout" | "hasPlainTail">>> = {
  "Windows Vista": { layout: "vista" },
  "a conversion of used space only": { layout: "windows8", hasPlainTail: true },
}

describe.each(Object.entries(KINDS))("the last sector of %s", (_name, kind) => {
  it.each([0, 512, 5 << 20])("comes out right with %i bytes behind it", async (behind) => {
    const volume = await forge(loadFixture("ntfs-512"), {
      ...kind,
      method: EncryptionMethod.aes128CbcDiffuser,
      free: freeExtents("ntfs-512"),
      protectors: [],
    })
    const image = new Uint8Array(volume.size + behind)
    image.set(volume.image)
    const { plaintext } = await openVolume(volume, image)
    const last = (bytes: Uint8Array): Uint8Array => bytes.slice(volume.size - 512, volume.size)
    expect(last(plaintext)).toEqual(last(volume.expected))
  })
})
