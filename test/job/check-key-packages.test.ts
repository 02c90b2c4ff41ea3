/** `check` with key packages: what opens a volume whose metadata are gone, and whose they are. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, beforeAll, expect, it } from "vitest"
import { recoveryPassword } from "../../src/index.ts"
import { backupKeys } from "../../src/job/backup-keys.ts"
import { checkCredentials } from "../../src/job/check.ts"
import type { ForgedVolume } from "../forge/forge.ts"
import { forgeKeyPackage } from "../forge/key-package.ts"
import { RECOVERY_PASSWORD } from "../forge/protectors.ts"
import { base64, passwordOf } from "../places/samples.ts"
import { forgeVolume, metadataOf, protectorOf, zeroed } from "./keys/victims.ts"

const folder = mkdtempSync(join(tmpdir(), "repair-bde-check-packages-"))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

function save(name: string, content: Uint8Array | string): string {
  const path = join(folder, name)
  writeFileSync(path, content)
  return path
}

let volume: ForgedVolume
let whole: string
/** Without metadata; and without the boot sector too. */
let wiped: string
let bare: string
let own: string
let foreign: string
beforeAll(async () => {
  volume = await forgeVolume()
  whole = save("whole.img", volume.image)
  const damaged = zeroed(volume.image, metadataOf(volume))
  wiped = save("wiped.img", damaged)
  bare = save("bare.img", zeroed(damaged, [{ start: 0, length: 512 }]))
  own = save("own.kpg", packageOf(volume))
  foreign = save("foreign.kpg", packageOf(await forgeVolume({ seed: 9 })))
})

function packageOf(of: ForgedVolume): Uint8Array {
  const { id: protectorId } = protectorOf(of, "recovery-password")
  return forgeKeyPackage(of, { variant: "dataset", encoding: "binary", protectorId })
}

const check = (path: string, keyPackages: readonly string[], digits = RECOVERY_PASSWORD) =>
  checkCredentials({ input: { path }, credentials: [recoveryPassword(digits)], keyPackages })

it("says that nothing can be tried where all metadata are gone", async () => {
  await expect(check(wiped, [])).rejects.toMatchObject({ code: "metadata-lost" })
})

it("opens what is left with the key package and its recovery password", async () => {
  for (const path of [wiped, bare]) {
    const report = await check(path, [own])
    expect(report).toMatchObject({ opens: true, openedBy: { protectorLabel: "recovery password" } })
  }
})

it("says that the recovery password is not that of the key package", async () => {
  const report = await check(wiped, [own], passwordOf(1))
  expect(report).toMatchObject({ opens: false, tries: [{ outcome: "wrong-key" }] })
})

it("does not take the key package of another volume, though its recovery password opens it", async () => {
  const report = await check(bare, [foreign])
  expect(report).toMatchObject({ opens: false, tries: [{ outcome: "wrong-key" }] })
  expect(report.tries[0]!.why).toContain("make nothing of what is stored here")
})

it("needs none where the metadata are well, and is not misled by a foreign one", async () => {
  expect(await check(whole, [foreign])).toMatchObject({ opens: true })
})

it("takes a key backup, on the disk that it was made of", async () => {
  const disk = new Uint8Array(volume.image.length + 2 ** 20)
  disk.set(volume.image, 2 ** 19)
  const path = save("disk.img", disk)
  const credentials = [recoveryPassword(RECOVERY_PASSWORD)]
  const inputs = [{ path, offset: 2 ** 19 }]
  const { backups } = await backupKeys({ inputs, credentials, folder, escrowOnly: true })
  const hurt = [{ start: 0, length: 4096 }, ...metadataOf(volume)].map(({ start, length }) => ({
    start: start + 2 ** 19,
    length,
  }))
  const report = await check(save("hurt.img", zeroed(disk, hurt)), [backups[0]!.path])
  expect(report).toMatchObject({ opens: true, volume: { offset: 2 ** 19 } })
})

it("takes key packages that lie in a place", async () => {
  const { id } = protectorOf(volume, "recovery-password")
  const entry = [
    `dn: CN=2024-01-31T10:00:00-00:00{${id}},CN=PC1`,
    `msFVE-RecoveryPassword: ${RECOVERY_PASSWORD}`,
    `msFVE-KeyPackage:: ${base64(packageOf(volume))}`,
  ]
  const places = { specs: [save("ad.ldf", entry.join("\n"))] }
  const report = await checkCredentials({ input: { path: wiped }, credentials: [], places })
  expect(report).toMatchObject({ opens: true })
})
