/** With one credential that works, all keys of a volume: those that were forged into it, and those of real volumes of Windows. */
import { mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { toHex } from "../../../src/bytes/hex.ts"
import { parseStartupKey } from "../../../src/credential/startup-key.ts"
import { Secret } from "../../../src/crypto/secret.ts"
import { password, startupKey } from "../../../src/index.ts"
import { revealKeys, type RevealRequest } from "../../../src/job/reveal-keys.ts"
import { volumeStatus } from "../../../src/job/status.ts"
import type { ForgedVolume } from "../../forge/forge.ts"
import { METHODS, PASSWORD, forgeVolume, protectorOf } from "./victims.ts"

const folder = mkdtempSync(join(tmpdir(), "repair-bde-reveal-"))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

function save(name: string, bytes: Uint8Array): string {
  const path = join(folder, name)
  writeFileSync(path, bytes)
  return path
}

let volume: ForgedVolume
let request: RevealRequest
beforeAll(async () => {
  volume = await forgeVolume({ fixture: "sample" })
  const credentials = [password(PASSWORD)]
  request = { input: { path: save("volume.img", volume.image) }, credentials, yes: true }
})

describe("revealing", () => {
  it("gives every credential that the volume keeps, and the keys underneath", async () => {
    const report = await revealKeys(request)
    const [recovery, startup] = [protectorOf(volume, "recovery-password"), protectorOf(volume, "startup-key")]
    expect(report.recoveryPasswords.map((one) => [one.protectorId, one.digits.revealText()])).toEqual([
      [recovery.id, recovery.recoveryPassword],
    ])
    expect(report.startupKeys.map((one) => [one.protectorId, toHex(one.key.reveal())])).toEqual([
      [startup.id, toHex(startup.startupKey!.key)],
    ])
    expect(toHex(report.vmk!.reveal())).toBe(toHex(volume.vmk!))
    expect(report.fvek.hex.revealText()).toBe(toHex(volume.fvek!))
  })

  it.each(METHODS)("works on a volume of %s, of Windows 7 too", async (_name, method) => {
    for (const layout of ["windows7", "windows8"] as const) {
      const other = await forgeVolume({ fixture: "sample", method, layout })
      const file = protectorOf(other, "startup-key").startupKey!
      const credentials = [startupKey(save(file.fileName, file.file))]
      const input = { path: save("other.img", other.image) }
      const { recoveryPasswords, fvek } = await revealKeys({ input, credentials, yes: true })
      expect(recoveryPasswords[0]!.digits.revealText()).toBe(
        protectorOf(other, "recovery-password").recoveryPassword,
      )
      expect(fvek.hex.revealText()).toBe(toHex(other.fvek!))
    }
  })

  it("writes startup keys that are what they were, for nobody else to read, and never over a file", async () => {
    const startupKeyFolder = mkdtempSync(join(folder, "bek-"))
    const { startupKeys } = await revealKeys({ ...request, startupKeyFolder })
    const { path } = startupKeys[0]!
    const { id, startupKey: forged } = protectorOf(volume, "startup-key")
    expect(path).toBe(join(startupKeyFolder, `${id}.BEK`))
    expect(Buffer.compare(readFileSync(path!), forged!.file)).toBe(0)
    expect(parseStartupKey(readFileSync(path!)).keyId).toBe(id)
    expect(statSync(path!).mode & 0o777).toBe(0o600)
    await expect(revealKeys({ ...request, startupKeyFolder })).rejects.toMatchObject({
      code: "key-file-exists",
    })
  })

  it("asks first, and reads nothing when the answer is no", async () => {
    const questions: string[] = []
    const ask = async ({ text }: { text: string }): Promise<boolean> => {
      questions.push(text)
      return false
    }
    const asked = { ...request, input: { path: join(folder, "missing.img") }, yes: false }
    await expect(revealKeys(asked, { ask })).rejects.toMatchObject({ code: "reveal-not-approved" })
    expect(questions).toEqual([expect.stringContaining("All keys")])
    await expect(revealKeys(asked)).rejects.toMatchObject({ code: "reveal-not-approved", exitCode: 2 })
    await expect(revealKeys({ ...request, yes: false }, { ask: async () => true })).resolves.toBeDefined()
  })

  it("says only what an FVEK can tell when that is what was given", async () => {
    const fvek = { kind: "fvek", text: Secret.ofText(toHex(volume.fvek!)), origin: "test" } as const
    const report = await revealKeys({ ...request, credentials: [fvek] })
    expect(report).toMatchObject({ recoveryPasswords: [], startupKeys: [] })
    expect(report.vmk).toBeUndefined()
  })

  it("prints no key by accident: the report hides them from JSON", async () => {
    const text = JSON.stringify(await revealKeys(request))
    expect(text).toContain("<redacted>")
    for (const secret of [volume.vmk!, volume.fvek!]) expect(text).not.toContain(toHex(secret))
    expect(text).not.toContain(protectorOf(volume, "recovery-password").recoveryPassword)
    expect(readdirSync(folder).filter((name) => name.endsWith(".tmp"))).toEqual([])
  })
})

describe("the status of a volume", () => {
  it("is told without a credential, and then holds no secret", async () => {
    const { volumes } = await volumeStatus({ input: request.input, credentials: [] })
    expect(volumes).toMatchObject([{ protection: "on", locked: true }])
    expect(volumes[0]!.protectors.map(({ kind }) => kind)).toEqual(
      expect.arrayContaining(["password", "recovery-password", "startup-key", "tpm-pin", "public-key"]),
    )
    expect(volumes[0]!.protectors.every(({ recoveryPassword }) => recoveryPassword === undefined)).toBe(true)
  })

  it("shows with a credential what Windows shows of an unlocked volume", async () => {
    const { volumes } = await volumeStatus(request)
    const recovery = protectorOf(volume, "recovery-password")
    const shown = volumes[0]!.protectors.find(({ id }) => id === recovery.id)
    expect(shown!.recoveryPassword!.revealText()).toBe(recovery.recoveryPassword)
    expect(volumes[0]!.locked).toBe(false)
  })

  it("is an error, and no short answer, when the credential opens nothing", async () => {
    const credentials = [password("another")]
    await expect(volumeStatus({ input: request.input, credentials })).rejects.toMatchObject({
      code: "nothing-opened",
    })
  })

  it.each([
    [
      "suspended",
      { protectors: [{ kind: "recovery-password" }, { kind: "clear-key" }] as const },
      "off",
      false,
    ],
    ["decrypted", { conversion: { kind: "decrypted" } as const, protectors: [] }, "off", false],
    [
      "half encrypted",
      {
        conversion: { kind: "watermark", at: 0x330000, direction: "encrypting", state: "paused" } as const,
        layout: "windows7" as const,
        fixture: "ntfs-512" as const,
      },
      "off",
      true,
    ],
  ] as const)("of a volume that is %s", async (_name, changes, protection, locked) => {
    const other = await forgeVolume({ fixture: "sample", ...changes })
    const input = { path: save("state.img", other.image) }
    const { volumes } = await volumeStatus({ input, credentials: [] })
    expect(volumes).toMatchObject([{ protection, locked }])
  })
})
