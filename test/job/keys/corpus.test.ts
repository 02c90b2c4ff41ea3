/** Real volumes of Windows: what one credential reveals is what their owners wrote down, and their key packages bring them back. */
import { copyFileSync, mkdtempSync, openSync, closeSync, readFileSync, rmSync, writeSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, describe, expect, it } from "vitest"
import { toHex } from "../../../src/bytes/hex.ts"
import { parseStartupKey } from "../../../src/credential/startup-key.ts"
import {
  backupKeys,
  type CredentialInput,
  exportKeyPackage,
  password,
  recoveryPassword,
  repairVolume,
  revealKeys,
  startupKey,
} from "../../../dist/index.js"
import {
  corpus,
  type CorpusEntry,
  corpusEntry,
  corpusFile,
  hasCorpus,
  unpackCorpus,
} from "../../suites/corpus.ts"
import { corpusVolumes } from "../../vectors/corpus-volumes.ts"

const folder = mkdtempSync(join(tmpdir(), "repair-bde-keys-corpus-"))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** The one that says least of the others; none on a volume that was never encrypted, or lies open. */
function credentialOf({ credentials }: CorpusEntry): CredentialInput[] {
  const { password: word, recoveryPasswords: [digits] = [], startupKey: file } = credentials
  if (word !== undefined) return [password(word)]
  if (file !== undefined) return [startupKey(corpusFile(file))]
  return digits === undefined ? [] : [recoveryPassword(digits)]
}

const factsOf = (name: string) => corpusVolumes.find((one) => one.name === name)

const encrypted = corpus.filter(
  (entry) => factsOf(entry.name)?.method !== null && credentialOf(entry).length > 0,
)

describe.skipIf(!hasCorpus)("real volumes", () => {
  it("are enough to say something", () => {
    const known = encrypted.flatMap(({ credentials }) => credentials.recoveryPasswords ?? [])
    expect(known.length).toBeGreaterThanOrEqual(16)
  })

  it.each(encrypted.map((entry) => [entry.name, entry] as const))(
    "%s reveals every credential that is known of it",
    async (name, entry) => {
      const input = { path: await unpackCorpus(name) }
      const report = await revealKeys({ input, credentials: credentialOf(entry), yes: true })
      const digits = report.recoveryPasswords.map((one) => one.digits.revealText())
      expect(digits).toEqual(expect.arrayContaining([...(entry.credentials.recoveryPasswords ?? [])]))
      const fvek = factsOf(name)?.fvek
      if (fvek !== undefined) expect(report.fvek.hex.revealText()).toBe(fvek)
      const { startupKey: file } = entry.credentials
      if (file === undefined) return
      const { keyId, key } = parseStartupKey(readFileSync(corpusFile(file)))
      const revealed = report.startupKeys.find(({ protectorId }) => protectorId === keyId)
      expect(toHex(revealed!.key.reveal())).toBe(toHex(key.reveal()))
    },
  )

  it.each(["bitlk-aes-cbc-elephant-128", "bitlk-aes-xts-256", "bitlk-togo-aes-cbc-128", "vista"])(
    "%s comes back, every byte of it, with a key backup when its metadata are gone",
    async (name) => {
      const entry = corpusEntry(name)
      const path = join(folder, `${name}.img`)
      copyFileSync(await unpackCorpus(name), path)
      const credentials = credentialOf(entry)
      const { backups } = await backupKeys({ inputs: [{ path }], credentials, folder })
      destroyMetadata(path, name)
      const output = join(folder, `${name}.out`)
      const keys = { credentials, keyPackages: [backups[0]!.path] }
      const report = await repairVolume({ input: { path }, ...keys, output, hash: true })
      expect(report.sha256).toBe(entry.sha256)
      rmSync(output)
      rmSync(path)
    },
    // One image is cut, and its volume 4,000 times as large: two and a half minutes, and more beside other work.
    600_000,
  )

  it("opens with an exported key package when its metadata are gone", async () => {
    const name = "bitlk-aes-xts-256"
    const path = join(folder, "package.img")
    copyFileSync(await unpackCorpus(name), path)
    const credentials = corpusEntry(name).credentials.recoveryPasswords!.map(recoveryPassword)
    const { recoveryPasswords } = await revealKeys({ input: { path }, credentials, yes: true })
    const { protectorId } = recoveryPasswords[0]!
    const exported = await exportKeyPackage({ input: { path }, credentials, protectorId, folder })
    destroyMetadata(path, name)
    const output = join(folder, "package.out")
    const keys = { credentials, keyPackages: [exported.path] }
    const report = await repairVolume({ input: { path }, ...keys, output })
    // Of how its many raw zeros were stored a package knows nothing: so the digest is not that of Windows, and the report says so.
    expect(report).toMatchObject({ openedBy: { protectorId }, proof: { verdict: "proven" }, exitCode: 3 })
  }, 120_000)
})

function destroyMetadata(path: string, name: string): void {
  const image = openSync(path, "r+")
  const zeros = new Uint8Array(name === "vista" ? 0x4000 : 0x10000)
  // Some images are cut, and end before the last copies.
  const places = factsOf(name)!
    .metadataOffsets.map(Number)
    .filter((at) => at < corpusEntry(name).size)
  for (const at of places) writeSync(image, zeros, 0, zeros.length, at)
  closeSync(image)
}
