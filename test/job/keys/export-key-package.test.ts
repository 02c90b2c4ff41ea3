/**
 * Key packages as we export them: with all metadata of the volume destroyed, the package and its credential give the volume back,
 * byte for byte. Self-consistent only: no genuine package is public, so what Windows makes of ours is not known.
 */
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { equalBytes } from "../../../src/bytes/compare.ts"
import {
  type CredentialInput,
  password,
  recoveryPassword,
  repairVolume,
  startupKey,
} from "../../../src/index.ts"
import { exportKeyPackage } from "../../../src/job/export-key-package.ts"
import { parseMetadataBlock, readKeyProtectors } from "../../../src/fve/index.ts"
import { Secret } from "../../../src/crypto/secret.ts"
import { toHex } from "../../../src/bytes/hex.ts"
import type { ForgedVolume, Recipe } from "../../forge/forge.ts"
import { forgeKeyPackage } from "../../forge/key-package.ts"
import { METHODS, PASSWORD, PROTECTORS, forgeVolume, metadataOf, protectorOf, zeroed } from "./victims.ts"

const folder = mkdtempSync(join(tmpdir(), "repair-bde-export-"))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const KINDS = ["recovery-password", "startup-key"] as const
const LAYOUTS: readonly (readonly [string, Partial<Recipe>])[] = [
  ...METHODS.map(([name, method]) => [name, { method }] as const),
  ["Windows 7", { layout: "windows7" }],
  ["Windows Vista", { layout: "vista", method: METHODS[0]![1] }],
]

function save(name: string, bytes: Uint8Array): string {
  const path = join(folder, name)
  writeFileSync(path, bytes)
  return path
}

function credentialOf(volume: ForgedVolume, kind: (typeof KINDS)[number]): CredentialInput {
  const { recoveryPassword: digits, startupKey: key } = protectorOf(volume, kind)
  return key ? startupKey(save(key.fileName, key.file)) : recoveryPassword(digits!)
}

describe.each(LAYOUTS)("a key package of %s", (_name, recipe) => {
  let volume: ForgedVolume
  let path: string
  beforeAll(async () => {
    volume = await forgeVolume(recipe)
    path = save("volume.img", volume.image)
  })

  it.each(KINDS)("of the %s brings the volume back when all metadata are gone", async (kind) => {
    const { id: protectorId } = protectorOf(volume, kind)
    const credentials = [password(PASSWORD)]
    const exported = await exportKeyPackage({ input: { path }, credentials, protectorId, folder })
    expect(exported.path).toBe(join(folder, `BitLocker Key Package {${protectorId}}.KPG`))
    expect(statSync(exported.path).mode & 0o777).toBe(0o600)
    const expected = forgeKeyPackage(volume, { variant: "dataset", encoding: "binary", protectorId })
    expect(equalBytes(readFileSync(exported.path), expected)).toBe(true)

    const damaged = save("damaged.img", zeroed(volume.image, metadataOf(volume)))
    const output = join(folder, "output.img")
    await repairVolume({
      input: { path: damaged },
      credentials: [credentialOf(volume, kind)],
      keyPackages: [exported.path],
      output,
      overwrite: true,
    })
    expect(equalBytes(readFileSync(output), volume.expected)).toBe(true)
    rmSync(exported.path)
  })
})

describe("exporting a key package", () => {
  let volume: ForgedVolume
  let path: string
  beforeAll(async () => {
    volume = await forgeVolume({ fixture: "sample" })
    path = save("sample.img", volume.image)
  })
  const ask = (changes: object = {}) =>
    exportKeyPackage({
      input: { path },
      credentials: [{ kind: "vmk", text: Secret.ofText(toHex(volume.vmk!)), origin: "test" }],
      protectorId: protectorOf(volume, "recovery-password").id,
      folder,
      ...changes,
    })

  it.each(["password", "tpm-pin", "public-key"] as const)(
    "is refused for a key protector of the kind %s, with the reason",
    async (kind) => {
      const refusal = ask({ protectorId: protectorOf(volume, kind).id })
      await expect(refusal).rejects.toMatchObject({ code: "key-package-kind", exitCode: 14, data: { kind } })
    },
  )

  it.each(["tpm", "network-unlock", "clear-key"] as const)(
    "is refused for one of the kind %s beside others",
    async (kind) => {
      const other = await forgeVolume({ fixture: "sample", protectors: [...PROTECTORS, { kind }] })
      const input = { path: save("other.img", other.image) }
      const credentials = [password(PASSWORD)]
      const refusal = ask({ input, credentials, protectorId: protectorOf(other, kind).id })
      await expect(refusal).rejects.toMatchObject({ code: "key-package-kind", data: { kind } })
    },
  )

  it("never replaces a file", async () => {
    const { path: first } = await ask()
    const before = readFileSync(first)
    await expect(ask()).rejects.toMatchObject({ code: "key-file-exists", exitCode: 16 })
    expect(equalBytes(readFileSync(first), before)).toBe(true)
    rmSync(first)
  })

  it("names the key protectors that there are for an ID that is none of them", async () => {
    const protectorId = "00000000-0000-0000-0000-000000000001"
    const ids = (["recovery-password", "startup-key"] as const).map((kind) => protectorOf(volume, kind).id)
    await expect(ask({ protectorId })).rejects.toMatchObject({
      code: "protector-not-found",
      data: { protectorIds: ids },
    })
  })

  it("needs a credential, and one that leads to the VMK", async () => {
    await expect(ask({ credentials: [] })).rejects.toMatchObject({ code: "nothing-opened", exitCode: 13 })
    const fvek = { kind: "fvek", text: Secret.ofText(toHex(volume.fvek!)), origin: "test" } as const
    await expect(ask({ credentials: [fvek] })).rejects.toMatchObject({ code: "vmk-unknown", exitCode: 13 })
  })

  it("takes the copy whose key protector opens, and none that only looks right", async () => {
    const { id: protectorId } = protectorOf(volume, "startup-key")
    const spoil = (copies: readonly number[]): Uint8Array => {
      const image = volume.image.slice()
      for (const at of copies.map((copy) => volume.metadataOffsets[copy]!)) {
        const block = parseMetadataBlock(image.subarray(at))!
        const { datum } = readKeyProtectors(block.dataset).find(({ id }) => id === protectorId)!
        // The last byte is the wrapped VMK's: a tag can tell, and nothing else.
        image[at + datum.offset + datum.size - 1]! ^= 1
      }
      return image
    }
    const one = await ask({ input: { path: save("spoilt.img", spoil([0])) }, protectorId })
    const expected = forgeKeyPackage(volume, { variant: "dataset", encoding: "binary", protectorId })
    expect(equalBytes(readFileSync(one.path), expected)).toBe(true)
    rmSync(one.path)
    const all = ask({ input: { path: save("spoilt.img", spoil([0, 1, 2])) }, protectorId })
    await expect(all).rejects.toMatchObject({ code: "key-package-unprovable", exitCode: 12 })
  })
})
