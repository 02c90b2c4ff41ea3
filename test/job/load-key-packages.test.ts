/** Key packages from paths: files, several at once, folders; and each way in which a file is none, in words that help. */
import { execFileSync } from "node:child_process"
import { mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from "node:fs"
import { writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { EncryptionMethod } from "../../src/crypto/method.ts"
import type { AppError } from "../../src/errors.ts"
import { matchKeyPackages, parseKeyPackages } from "../../src/fve/index.ts"
import { askForKeyPackage, describeKeyPackage, foreignKeyPackage } from "../../src/job/key-package-words.ts"
import { loadKeyPackages } from "../../src/job/load-key-packages.ts"
import { freeExtents, loadFixture } from "../fixtures/fixtures.ts"
import { forge, type ForgedVolume } from "../forge/forge.ts"
import { forgeKeyPackage, type KeyPackageRecipe } from "../forge/key-package.ts"

const folder = mkdtempSync(join(tmpdir(), "repair-bde-key-packages-"))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const forgeSample = (seed: number): Promise<ForgedVolume> =>
  forge(loadFixture("sample"), {
    layout: "windows8",
    method: EncryptionMethod.xtsAes128,
    free: freeExtents("sample"),
    protectors: [{ kind: "recovery-password" }, { kind: "startup-key" }],
    seed,
  })

let mine: ForgedVolume
let other: ForgedVolume

beforeAll(async () => {
  mine = await forgeSample(1)
  other = await forgeSample(2)
})

const forgePackage = (of: ForgedVolume, recipe: Partial<KeyPackageRecipe> = {}): Uint8Array =>
  forgeKeyPackage(of, {
    variant: "dataset",
    encoding: "binary",
    protectorId: of.protectors[0]!.id,
    ...recipe,
  })

const volumeIdOf = (of: ForgedVolume): string => parseKeyPackages(forgePackage(of))[0]!.volumeId!

function save(name: string, bytes: Uint8Array | string): string {
  const path = join(folder, name)
  mkdirSync(join(path, ".."), { recursive: true })
  writeFileSync(path, bytes)
  return path
}

const refusal = (path: string): Promise<AppError> =>
  loadKeyPackages([path]).then(
    () => Promise.reject(new Error("was loaded")),
    (error: AppError) => error,
  )

describe("loadKeyPackages", () => {
  it("reads several files, in any encoding", async () => {
    const paths = [
      save("a.kpg", forgePackage(mine)),
      save("b.txt", forgePackage(other, { encoding: "PowerShell array" })),
    ]
    const loaded = await loadKeyPackages(paths)
    expect(loaded).toMatchObject([
      { path: paths[0], encoding: "binary", volumeId: volumeIdOf(mine) },
      { path: paths[1], encoding: "decimal", volumeId: volumeIdOf(other) },
    ])
  })

  it("takes of a folder what is a key package, and leaves the rest", async () => {
    save("many/BitLocker Key Package {063EA4E1-220C-4293-BA01-4754620A96E7}.KPG", forgePackage(mine))
    save("many/export.ldif", forgePackage(other, { encoding: "LDIF" }))
    save("many/notes.txt", "nothing here")
    save("many/deep/c.kpg", forgePackage(mine))
    truncateSync(save("many/video.bin", forgePackage(mine)), 1 << 21)
    const loaded = await loadKeyPackages([join(folder, "many")])
    expect(loaded.map(({ volumeId }) => volumeId)).toEqual([volumeIdOf(mine), volumeIdOf(other)])
  })

  it("reads from a pipe", async () => {
    const pipe = join(folder, "pipe")
    execFileSync("mkfifo", [pipe])
    const [loaded] = await Promise.all([loadKeyPackages([pipe]), writeFile(pipe, forgePackage(mine))])
    expect(loaded).toMatchObject([{ variant: "dataset" }])
  })

  it("says of a damaged file whose name tells, which key protector it was of", async () => {
    const name = "BitLocker Key Package {063EA4E1-220C-4293-BA01-4754620A96E7}.KPG"
    const error = await refusal(save(name, new Uint8Array(400).fill(7)))
    expect(error).toMatchObject({
      code: "key-package-malformed",
      exitCode: 13,
      data: { size: 400, protectorId: "063EA4E1-220C-4293-BA01-4754620A96E7" },
    })
    expect(error.next.join("\n")).toContain("063EA4E1-220C-4293-BA01-4754620A96E7")
  })

  it.each([
    ["an empty file", () => "", "it is empty", "as it was saved"],
    ["a startup key", () => mine.protectors[1]!.startupKey!.file, "it is a startup key", "--recovery-key"],
    [
      "a recovery password",
      () => `Recovery Key:\r\n${mine.protectors[0]!.recoveryPassword}\r\n`,
      "it is a text with a recovery password",
      "--credentials-file",
    ],
    [
      "a list that PowerShell shortened",
      () => "msFVE-KeyPackage : {48, 1, 0, 0...}",
      "PowerShell left out most of its bytes",
      "$FormatEnumerationLimit",
    ],
    ["anything else", () => "dear diary", "no reading of its 10 bytes", "as it was saved"],
  ])("says of %s what it is, and what to do", async (_, make, message, next) => {
    const error = await refusal(save("what.kpg", make()))
    expect(error).toMatchObject({ code: "key-package-malformed", exitCode: 13 })
    expect(error.message).toContain(message)
    expect(error.next[0]).toContain(next)
    expect(JSON.stringify([error.message, error.next, error.data])).not.toContain(
      mine.protectors[0]!.recoveryPassword,
    )
  })

  it("refuses what is missing, too large, endless, or a folder without any", async () => {
    const large = save("large.kpg", forgePackage(mine))
    truncateSync(large, (16 << 20) + 1)
    save("none/notes.txt", "nothing here")
    const codes = await Promise.all(
      [join(folder, "missing"), large, "/dev/zero", join(folder, "none")].map(
        async (path) => (await refusal(path)).code,
      ),
    )
    expect(codes).toEqual([
      "key-package-unreadable",
      "key-package-too-large",
      "key-package-too-large",
      "key-package-not-found",
    ])
  })
})

describe("the words", () => {
  it("tell what was read, its layout included", async () => {
    const [loaded] = await loadKeyPackages([save("own.ldif", forgePackage(mine, { encoding: "LDIF" }))])
    const { text, evidence } = describeKeyPackage(loaded!)
    expect(text).toBe(
      `key package ${loaded!.path}: a dataset in LDIF of the volume ${volumeIdOf(mine)}, with recovery password ${mine.protectors[0]!.id}`,
    )
    expect(evidence).toMatchObject({ variant: "dataset", encoding: "ldif" })
  })

  it("refuse the package of another volume by both names", async () => {
    const path = save("foreign.kpg", forgePackage(other))
    const volumeId = volumeIdOf(mine)
    const { foreign } = matchKeyPackages(await loadKeyPackages([path]), { volumeId })
    const error = foreignKeyPackage(foreign, volumeId)
    expect(error).toMatchObject({ code: "key-package-foreign", exitCode: 13 })
    expect(error.message).toBe(
      `no key package for the volume ${volumeId}: ${path} is of the volume ${volumeIdOf(other)}`,
    )
    expect(error.next.join("\n")).toContain(volumeId)
  })

  it("ask for the package by every name that is known", () => {
    const { protectors, volumeId } = parseKeyPackages(forgePackage(mine))[0]!
    const steps = askForKeyPackage({ volumeId, protectors }).join("\n")
    expect(steps).toContain(volumeId)
    expect(steps).toContain(`BitLocker Key Package {${mine.protectors[0]!.id}}.KPG`)
    expect(steps).toContain(`begins with ${mine.protectors[0]!.id.slice(0, 8)}`)
    expect(askForKeyPackage({ protectors: [] }).join("\n")).toContain("AD DS")
  })
})
