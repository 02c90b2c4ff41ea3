/** Key backups: everything that one holds is destroyed on the drive, and the drive still comes back, byte for byte. */
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { equalBytes } from "../../../src/bytes/compare.ts"
import { parseSummedText, serializeSummedText } from "../../../src/bytes/summed-text.ts"
import { EncryptionMethod } from "../../../src/crypto/method.ts"
import { nodeCrypto } from "../../../src/crypto/node.ts"
import { type Extent, extent } from "../../../src/extents/extent.ts"
import { type KeyBackup, parseKeyBackup, serializeKeyBackup } from "../../../src/fve/key-backup.ts"
import { password, repairInPlace, repairVolume, startupKey } from "../../../src/index.ts"
import { backupKeys } from "../../../src/job/backup-keys.ts"
import type { ForgedVolume, Recipe } from "../../forge/forge.ts"
import type { FixtureName } from "../../fixtures/fixtures.ts"
import { diskOf, gptPieces } from "../../suites/partition-writer.ts"
import { PASSWORD, forgeVolume, metadataOf, protectorOf, zeroed } from "./victims.ts"

const folder = mkdtempSync(join(tmpdir(), "repair-bde-backup-"))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

function save(name: string, bytes: Uint8Array): string {
  const path = join(folder, name)
  writeFileSync(path, bytes)
  return path
}

const credentials = [password(PASSWORD)]
const MIB = 1 << 20
const BASIC_DATA = "EBD0A0A2-B9E5-4433-87C0-68B6B72699C7"

const LAYOUTS: readonly (readonly [string, Partial<Recipe> & { readonly fixture?: FixtureName }])[] = [
  ["XTS-128", {}],
  ["diffuser-256", { layout: "windows7", method: EncryptionMethod.aes256CbcDiffuser }],
  ["CBC-128", { method: EncryptionMethod.aes128Cbc }],
  ["4096-byte sectors", { sectorSize: 4096, fixture: "ntfs-4096", method: EncryptionMethod.xtsAes256 }],
]

async function backUp(path: string, changes: object = {}): Promise<string> {
  const to = mkdtempSync(join(folder, "to-"))
  const { backups } = await backupKeys({ inputs: [{ path }], credentials, folder: to, ...changes })
  return backups[0]!.path
}

function read(path: string): KeyBackup {
  return parseKeyBackup(readFileSync(path), nodeCrypto.sha256) as KeyBackup
}

/** Boot sector, all metadata copies, and the head's backup. */
function everything(volume: ForgedVolume): Extent[] {
  const { headBackup, sectorSize } = volume
  return [extent(0, sectorSize), ...metadataOf(volume), ...(headBackup ? [headBackup] : [])]
}

function credentialsOf(volume: ForgedVolume) {
  const { fileName, file } = protectorOf(volume, "startup-key").startupKey!
  return [startupKey(save(fileName, file))]
}

describe.each(LAYOUTS)("a key backup of %s", (_name, recipe) => {
  let volume: ForgedVolume
  let backup: string
  beforeAll(async () => {
    volume = await forgeVolume(recipe)
    backup = await backUp(save("volume.img", volume.image))
  })

  it("brings the volume back when everything that it holds is destroyed", async () => {
    const input = { path: save("damaged.img", zeroed(volume.image, everything(volume))) }
    const output = join(folder, "output.img")
    const keys = { credentials: credentialsOf(volume), keyPackages: [backup] }
    const report = await repairVolume({ input, ...keys, output, overwrite: true })
    expect(equalBytes(readFileSync(output), volume.expected)).toBe(true)
    expect(report.proof).toMatchObject({ verdict: "proven" })
  })

  it("makes the drive itself open again", async () => {
    const path = save("in-place.img", zeroed(volume.image, everything(volume)))
    const { id } = protectorOf(volume, "startup-key")
    const undoFile = join(folder, "in-place.undo")
    const keys = { credentials: credentialsOf(volume), keyPackages: [backup] }
    await repairInPlace({ input: { path }, ...keys, yesWriteTo: id, undoFile })
    rmSync(undoFile)
    const output = join(folder, "output.img")
    await repairVolume({ input: { path }, credentials: keys.credentials, output, overwrite: true })
    expect(equalBytes(readFileSync(output), volume.expected)).toBe(true)
  })
})

describe("a key backup of a whole disk", () => {
  it("knows where the volume was when the partition table is gone too", async () => {
    const volume = await forgeVolume({ fixture: "sample" })
    const [start, size] = [3 * MIB, 8 * MIB]
    const table = gptPieces(size, 512, [{ extent: extent(start, volume.size), type: BASIC_DATA }])
    const disk = diskOf(size, [...table, { at: start, bytes: volume.image }])
    const backup = await backUp(save("disk.img", disk))
    expect(read(backup).structures.filter(({ kind }) => kind === "partition-table")).toHaveLength(2)

    const inVolume = everything(volume).map(({ start: at, length }) => extent(start + at, length))
    const gone = [extent(0, 34 * 512), extent(size - 34 * 512, 34 * 512), ...inVolume]
    const input = { path: save("damaged-disk.img", zeroed(disk, gone)) }
    const output = join(folder, "output.img")
    const keys = { credentials: credentialsOf(volume), keyPackages: [backup] }
    await repairVolume({ input, ...keys, output, overwrite: true })
    expect(equalBytes(readFileSync(output), volume.expected)).toBe(true)
  })
})

describe("key backups", () => {
  let volume: ForgedVolume
  let path: string
  beforeAll(async () => {
    volume = await forgeVolume({ fixture: "sample" })
    path = save("sample.img", volume.image)
  })

  it("hold the credentials, for nobody else to read", async () => {
    const file = await backUp(path)
    const { protectors } = read(file)
    const recovery = protectorOf(volume, "recovery-password")
    const startup = protectorOf(volume, "startup-key")
    const of = (id: string) => protectors.find((one) => one.id === id)!
    expect(of(recovery.id).recoveryPassword!.revealText()).toBe(recovery.recoveryPassword)
    expect(equalBytes(of(startup.id).startupKey!.reveal(), startup.startupKey!.file)).toBe(true)
    expect(protectors.map(({ kind }) => kind)).toContain("tpm-pin")
    expect(statSync(file).mode & 0o777).toBe(0o600)
  })

  it("leave the credentials out for escrow, and need none then", async () => {
    const file = await backUp(path, { credentials: [], escrowOnly: true })
    const { protectors } = read(file)
    expect(protectors.filter(({ keyPackage }) => keyPackage)).toHaveLength(2)
    expect(protectors.some(({ recoveryPassword, startupKey: key }) => recoveryPassword ?? key)).toBe(false)
    const text = readFileSync(file, "utf8")
    expect(text).not.toContain(protectorOf(volume, "recovery-password").recoveryPassword)
  })

  it("of an older state do not replace what is there", async () => {
    const older = await forgeVolume({ fixture: "sample", protectors: [{ kind: "startup-key" }] })
    const backup = await backUp(save("older.img", older.image), { credentials: credentialsOf(older) })
    const output = join(folder, "output.img")
    const report = await repairVolume({
      input: { path },
      credentials,
      keyPackages: [backup],
      output,
      overwrite: true,
    })
    expect(equalBytes(readFileSync(output), volume.expected)).toBe(true)
    expect(report.exitCode).toBe(0)
  })

  it("go on with the other volumes when one fails, and say which", async () => {
    const damaged = save("damaged.img", zeroed(volume.image, metadataOf(volume)))
    const to = mkdtempSync(join(folder, "lab-"))
    const inputs = [{ path: damaged }, { path: join(folder, "missing.img") }, { path }]
    const report = await backupKeys({ inputs, credentials, folder: to })
    expect(report.backups.map(({ input }) => input)).toEqual([path])
    expect(report.failures.map(({ code }) => code)).toEqual(["backup-of-damage", "source-missing"])
    expect(report.exitCode).toBe(3)
    const none = backupKeys({ inputs: [{ path: damaged }], credentials, folder: to })
    await expect(none).rejects.toMatchObject({ code: "backup-of-damage", exitCode: 12 })
  })

  it.each([
    ["cut", (file: Uint8Array) => file.subarray(0, -10)],
    ["altered", (file: Uint8Array) => file.map((byte, i) => (i === 200 ? byte ^ 1 : byte))],
    [
      "of a later version",
      (file: Uint8Array) => Buffer.from(String(Buffer.from(file)).replace("version 1", "version 2")),
    ],
  ] as const)("are refused when they are %s", async (_what, spoil) => {
    const backup = await backUp(path)
    writeFileSync(backup, spoil(readFileSync(backup)))
    const request = { input: { path }, credentials, keyPackages: [backup], output: join(folder, "never.img") }
    await expect(repairVolume(request)).rejects.toMatchObject({ code: "key-backup-unusable", exitCode: 13 })
  })

  it("with a right checksum and anything in their fields are read or refused, and never end the program", async () => {
    const form = { signature: "repair-bde key backup, version ", version: 1 }
    const file = readFileSync(await backUp(path))
    const { content } = parseSummedText(form, file, nodeCrypto.sha256) as { content: object }
    const odd: unknown[] = [
      null,
      -1,
      1e300,
      0.5,
      "",
      "x",
      "zz",
      [],
      {},
      true,
      Array.from({ length: 100 }, () => ({})),
      [[]],
      2 ** 20,
    ]
    const verdicts = new Set<string>()
    const tryWith = (changed: object): void => {
      const backup = parseKeyBackup(serializeSummedText(form, changed, nodeCrypto.sha256), nodeCrypto.sha256)
      verdicts.add(typeof backup === "string" ? backup : "read")
    }
    // Every value of the file in turn, whatever holds it.
    const replaceIn = (holder: Record<string, unknown>): void => {
      for (const [name, value] of Object.entries(holder)) {
        for (const other of odd) {
          holder[name] = other
          tryWith(content)
        }
        holder[name] = value
        if (typeof value === "object" && value !== null) replaceIn(value as Record<string, unknown>)
      }
    }
    replaceIn(content as Record<string, unknown>)
    expect(verdicts).toEqual(new Set(["read", "wrong"]))
  })

  it("with a right checksum and wrong fields are refused", async () => {
    const whole = read(await backUp(path))
    const wrong: Partial<KeyBackup>[] = [
      { volume: { ...whole.volume, size: whole.sourceSize + 1 } },
      { volume: { ...whole.volume, id: "no GUID" } },
      { volume: { ...whole.volume, sectorSize: 0 } },
      { sourceSize: -1 },
      { structures: [{ kind: "metadata", at: [-1], bytes: new Uint8Array(1) }] },
      { structures: [{ kind: "metadata", at: [0], bytes: new Uint8Array(2 * MIB) }] },
      { protectors: [{ id: "x", kind: "tpm" }] },
      { structures: Array.from({ length: 65 }, () => whole.structures[0]!) },
    ]
    for (const fields of wrong) {
      const file = serializeKeyBackup({ ...whole, ...fields }, nodeCrypto.sha256)
      expect(parseKeyBackup(file, nodeCrypto.sha256), JSON.stringify(fields)).toBe("wrong")
    }
    expect(parseKeyBackup(serializeKeyBackup(whole, nodeCrypto.sha256), nodeCrypto.sha256)).toEqual(whole)
  })
})
