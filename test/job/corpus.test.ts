/** Real volumes, end to end: every image, each of its credentials, the digest of the whole plaintext. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { createHash } from "node:crypto"
import { afterAll, describe, expect, it } from "vitest"
import {
  type CredentialInput,
  openPlaintext,
  password,
  recoveryPassword,
  repairVolume,
  startupKey,
} from "../../dist/index.js"
import {
  type CorpusEntry,
  corpus,
  corpusFile,
  hasCorpus,
  readCorpus,
  unpackCorpus,
} from "../suites/corpus.ts"

const folder = mkdtempSync(join(tmpdir(), "repair-bde-corpus-test-"))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

interface Case {
  readonly entry: CorpusEntry
  readonly way: string
  readonly credentials: readonly CredentialInput[]
}

const cases = corpus.flatMap((entry): Case[] => {
  const { password: word, recoveryPasswords = [], startupKey: file } = entry.credentials
  const ways: (readonly [string, CredentialInput])[] = [
    ...(word ? [["password", password(word)] as const] : []),
    ...recoveryPasswords.map(
      (digits, i) => [`recovery password ${i + 1}`, recoveryPassword(digits)] as const,
    ),
    ...(file ? [["startup key", startupKey(corpusFile(file))] as const] : []),
  ]
  if (ways.length === 0) return [{ entry, way: "no credential", credentials: [] }]
  return ways.map(([way, credential]) => ({ entry, way, credentials: [credential] }))
})

describe.skipIf(!hasCorpus)("real volumes", () => {
  it("is the whole corpus", () => {
    expect(corpus.length).toBeGreaterThanOrEqual(23)
    expect(cases.length).toBeGreaterThanOrEqual(35)
  })

  it.each(cases.filter(({ entry }) => entry.sha256 !== null).map((c) => [c.entry.name, c.way, c] as const))(
    "%s opens with its %s, and every byte is right",
    async (name, _way, { entry, credentials }) => {
      const output = join(folder, `${name}.out`)
      const input = { path: await unpackCorpus(name) }
      const report = await repairVolume({ input, output, credentials, overwrite: false, hash: true })
      rmSync(output)
      expect(report.sha256).toBe(entry.sha256)
      const codes = report.volume.findings.map(({ code }) => code)
      expect(codes).toContain("metadata-hash-right")
      // Whoever pruned the images left a part of some sectors of 4096 bytes: what remains of these is noise, which is said.
      expect(report.exitCode).toBe(report.volume.sectorSize === 4096 ? 3 : 0)
      expect(codes.includes("plaintext-has-noise")).toBe(report.exitCode === 3)
    },
    120_000,
  )

  it("gives the digest that a reader of the output gets", async () => {
    const output = join(folder, "read-back.out")
    const { file, path } = { file: "aes-xts_128", path: await unpackCorpus("aes-xts_128") }
    const credentials = cases.find(({ entry }) => entry.name === file)!.credentials
    const report = await repairVolume({ input: { path }, output, credentials, hash: true })
    expect(createHash("sha256").update(readFileSync(output)).digest("hex")).toBe(report.sha256)
  })
})

/** Opens one of the images for which no trustworthy sum exists. */
async function open(name: string): ReturnType<typeof openPlaintext> {
  const { credentials } = cases.find(({ entry }) => entry.name === name)!
  return openPlaintext({ input: { path: await unpackCorpus(name) }, credentials })
}

async function textAt(source: Awaited<ReturnType<typeof open>>["plaintext"], at: number): Promise<string> {
  const bytes = new Uint8Array(8)
  await source.read(at, bytes)
  return String.fromCharCode(...bytes)
}

describe.skipIf(!hasCorpus)("real volumes without a sum: boundaries and oracles", () => {
  it("decides the pruned encrypt-on-write volumes by trial: one head is plain, the other encrypted", async () => {
    for (const [name, stored] of [
      ["bitlk-aes-xts-128-eow", "plain"],
      ["bitlk-partially-encrypted-aes-cbc-128", "encrypted"],
    ] as const) {
      const { plan, plaintext, volume } = await open(name)
      const head = plan.runs.filter(({ kind, start }) => kind === "relocated" && start < 0x2000)
      expect(head.map((run) => run.stored)).toEqual([stored])
      expect(await textAt(plaintext, 3)).toBe("NTFS    ")
      expect(volume.findings.map(({ code }) => code)).toContain("storage-decided-by-trial")
      await plaintext.close()
    }
  })

  it("follows the bitmaps of eow_partial: chunks count from the region's start", async () => {
    const { plan, plaintext } = await open("eow_partial")
    const inPlace = plan.runs.filter(({ kind }) => kind === "plain" || kind === "encrypted")
    const borders = inPlace.filter(
      (run, i) => i > 0 && run.kind === "encrypted" && inPlace[i - 1]!.kind === "plain",
    )
    // Sector 397328: the conversion log of chunk 19 proves that its region's chunks begin at the region itself.
    expect(borders.map(({ start }) => start)).toContain(397_328 * 512)
    expect(await textAt(plaintext, 3)).toBe("NTFS    ")
    expect(await textAt(plaintext, 0x2000)).toMatch(/^FILE0/)
    await plaintext.close()
  })

  it("has the watermark of win7_partial where code is continued by code", async () => {
    const border = 0x442d5000
    const { plan, plaintext } = await open("win7_partial")
    expect(plan.runs.some(({ kind, start }) => kind === "plain" && start === border)).toBe(true)
    const above = new Uint8Array(32)
    await plaintext.read(border, above)
    expect(above).toEqual(await readCorpus("win7_partial", border, 32))
    const below = new Uint8Array(32)
    await plaintext.read(border - 512, below)
    expect(Buffer.from(below).toString("hex")).toBe(
      "3eeaff8b45d88b56043b42040f83be0000008b4c820cff15d06c4c5d03d88b75",
    )
    await plaintext.close()
  })
})
