/** Data volumes that Windows opens by itself: with the volume of Windows and its registry, their startup keys come back. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, beforeAll, expect, it } from "vitest"
import { toHex } from "../../../src/bytes/hex.ts"
import { nodeCrypto } from "../../../src/crypto/node.ts"
import {
  DatumRole,
  DatumType,
  ExternalInfoBody,
  KeyType,
  serializeCcmDatum,
  serializeDatum,
  serializeKeyDatum,
} from "../../../src/fve/index.ts"
import { password, startupKey } from "../../../src/index.ts"
import { checkCredentials } from "../../../src/job/check.ts"
import { findKeys } from "../../../src/job/find-keys.ts"
import { revealKeys } from "../../../src/job/reveal-keys.ts"
import type { ForgedVolume } from "../../forge/forge.ts"
import { randomBytes } from "../../suites/random-bytes.ts"
import { PASSWORD, forgeVolume, protectorOf } from "./victims.ts"

const folder = mkdtempSync(join(tmpdir(), "repair-bde-auto-unlock-"))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

function save(name: string, content: Uint8Array | string): string {
  const path = join(folder, name)
  writeFileSync(path, content)
  return path
}

const AUTO_UNLOCK_KEY = randomBytes(32, 5)
const VOLUME_ID = "40990ACB-B11C-C204-0B3C-A5B7531DB119"

/** As the registry keeps it. */
function wrappedKey({ id, startupKey: own }: ReturnType<typeof protectorOf>, by: Uint8Array): Uint8Array {
  const key = serializeKeyDatum({ keyType: KeyType.externalKey, keyFlags: 0, key: own!.key })
  const box = nodeCrypto.sealCcm(by, randomBytes(12, 6), key)
  return serializeDatum({
    role: 0,
    type: DatumType.externalInfo,
    body: [ExternalInfoBody.serialize({ id, created: 0n }), serializeCcmDatum(DatumRole.property, box)],
  })
}

function registry(data: Uint8Array): string {
  const digits = [...data].map((byte) => byte.toString(16).padStart(2, "0")).join(",")
  return [
    "Windows Registry Editor Version 5.00",
    "",
    `[HKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\Control\\FVEAutoUnlock\\{${VOLUME_ID.toLowerCase()}}]`,
    `"Data"=hex:${digits}`,
    "",
  ].join("\r\n")
}

let windows: ForgedVolume
let data: ForgedVolume
let image: string
beforeAll(async () => {
  windows = await forgeVolume({ fixture: "sample", autoUnlockKey: AUTO_UNLOCK_KEY })
  data = await forgeVolume({ fixture: "sample", seed: 4 })
  image = save("data.img", data.image)
})

const reveal = (autoUnlockPlaces: readonly string[], of = windows) => {
  const input = { path: save("windows.img", of.image) }
  const startupKeyFolder = mkdtempSync(join(folder, "bek-"))
  return revealKeys({
    input,
    credentials: [password(PASSWORD)],
    yes: true,
    startupKeyFolder,
    autoUnlockPlaces,
  })
}

it("the key is 0x70 bytes in the registry, as Windows has it", () => {
  expect(wrappedKey(protectorOf(data, "startup-key"), AUTO_UNLOCK_KEY)).toHaveLength(0x70)
})

it("the startup key of the data volume is saved, and opens it", async () => {
  const protector = protectorOf(data, "startup-key")
  const exported = save("auto.reg", registry(wrappedKey(protector, AUTO_UNLOCK_KEY)))
  const found = await findKeys({ input: { path: image }, places: { specs: [exported] } })
  expect(found.next[0]).toContain(`keys reveal WINDOWS --auto-unlock ${exported} --bek FOLDER`)

  const { autoUnlockKey, dataVolumeKeys } = await reveal([exported])
  expect(toHex(autoUnlockKey!.reveal())).toBe(toHex(AUTO_UNLOCK_KEY))
  expect(dataVolumeKeys).toMatchObject([{ protectorId: protector.id, volumeId: VOLUME_ID }])
  const [{ key, path }] = dataVolumeKeys as [NonNullable<typeof dataVolumeKeys>[number]]
  expect(toHex(key.reveal())).toBe(toHex(protector.startupKey!.key))
  const check = await checkCredentials({ input: { path: image }, credentials: [startupKey(path!)] })
  expect(check).toMatchObject({ opens: true, openedBy: { protectorId: protector.id } })
})

it("a registry of another Windows is told", async () => {
  const foreign = save(
    "foreign.reg",
    registry(wrappedKey(protectorOf(data, "startup-key"), randomBytes(32, 7))),
  )
  await expect(reveal([foreign])).rejects.toMatchObject({
    code: "auto-unlock-not-opened",
    data: { found: 1 },
  })
  await expect(reveal([save("notes.txt", "milk")])).rejects.toMatchObject({ data: { found: 0 } })
})

it("a volume that unlocks no other is told", async () => {
  const exported = save("other.reg", registry(wrappedKey(protectorOf(data, "startup-key"), AUTO_UNLOCK_KEY)))
  await expect(reveal([exported], data)).rejects.toMatchObject({ code: "auto-unlock-key-absent" })
})
