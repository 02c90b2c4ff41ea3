/** Forged volumes with real file systems in them: every layout, cipher, sector size and state comes out byte for byte. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, describe, expect, it } from "vitest"
import { type RepairReport, Secret, repairVolume } from "../../dist/index.js"
import { toHex } from "../../src/bytes/hex.ts"
import { EncryptionMethod } from "../../src/crypto/method.ts"
import { type FixtureName, freeExtents, loadFixture } from "../fixtures/fixtures.ts"
import { forge } from "../forge/forge.ts"
import type { Conversion, Direction, EowConversion, Recipe } from "../forge/recipe.ts"

const folder = mkdtempSync(join(tmpdir(), "repair-bde-forged-"))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

interface Scenario {
  readonly name: string
  readonly fixture: FixtureName
  readonly recipe: Omit<Recipe, "protectors">
}

const METHODS = Object.entries(EncryptionMethod)
const { aes128CbcDiffuser, aes128Cbc, aes256Cbc, xtsAes128 } = EncryptionMethod
const DIRECTIONS: readonly Direction[] = ["encrypting", "decrypting"]

const layouts: Scenario[] = METHODS.flatMap(([cipher, method]) => [
  { name: `Windows 8, ${cipher}`, fixture: "ntfs-512", recipe: { layout: "windows8", method } },
  { name: `Windows 7, ${cipher}`, fixture: "ntfs-512", recipe: { layout: "windows7", method } },
  {
    name: `4096-byte sectors, ${cipher}`,
    fixture: "ntfs-4096",
    recipe: { layout: "windows8", method, sectorSize: 4096 },
  },
  { name: `Vista, ${cipher}`, fixture: "ntfs-512", recipe: { layout: "vista", method } },
  { name: `To Go with FAT32, ${cipher}`, fixture: "fat32", recipe: { layout: "to-go", method } },
])

const eow = (direction: Direction, inFlight?: EowConversion["inFlight"]): EowConversion => ({
  kind: "eow",
  direction,
  progress: [0.5, 0.2, 0.8],
  chunkSize: 0x40000,
  regionSize: 0x200000,
  ...(inFlight && { inFlight }),
})
const PHASES = ["logged", "partly", "done", "stale", "torn"] as const

const conversions: readonly (readonly [string, Conversion])[] = [
  ["decrypted", { kind: "decrypted" }],
  ["decrypted, with encrypt-on-write structures left", { kind: "decrypted", hasEow: true }],
  ...DIRECTIONS.flatMap((direction) => [
    ...(["paused", "converting", "converting-with-log"] as const).map(
      (state) =>
        [
          `${direction} by watermark, ${state}`,
          { kind: "watermark", at: 0x330000, direction, state },
        ] as const,
    ),
    [`${direction} on write`, eow(direction)] as const,
    ...PHASES.map(
      (phase) => [`${direction} on write, chunk ${phase}`, eow(direction, { region: 1, phase })] as const,
    ),
  ]),
]

const states: Scenario[] = conversions.flatMap(([name, conversion]) =>
  [xtsAes128, aes128Cbc, aes128CbcDiffuser].map((method): Scenario => ({
    name: `${name}, 0x${method.toString(16)}`,
    fixture: "ntfs-512",
    recipe: { layout: conversion.kind === "watermark" ? "windows7" : "windows8", method, conversion },
  })),
)

const oddities: Scenario[] = [
  {
    name: "To Go with exFAT that hides its sector size",
    fixture: "exfat",
    recipe: { layout: "to-go", method: xtsAes128, hidesSectorSize: true },
  },
  { name: "To Go with FAT16", fixture: "fat16", recipe: { layout: "to-go", method: aes128Cbc } },
  {
    name: "a plain tail of used-space-only encryption",
    fixture: "ntfs-512",
    recipe: { layout: "windows8", method: xtsAes128, hasPlainTail: true },
  },
  {
    name: "datums of the future",
    fixture: "ntfs-512",
    recipe: { layout: "windows8", method: aes256Cbc, hasFutureDatums: true },
  },
]

/** Forges the scenario and repairs it with its FVEK. */
async function run(
  { fixture, recipe }: Scenario,
  more: object = {},
): Promise<{ output: Uint8Array; expected: Uint8Array; report: RepairReport }> {
  const protectors: Recipe["protectors"] = [{ kind: "startup-key" }]
  const volume = await forge(loadFixture(fixture), { free: freeExtents(fixture), ...recipe, protectors })
  const path = join(folder, "volume.img")
  const output = join(folder, "output.img")
  rmSync(output, { force: true })
  writeFileSync(path, volume.image)
  const credentials = volume.fvek
    ? [{ kind: "fvek", text: Secret.ofText(toHex(volume.fvek)), origin: "test" } as const]
    : []
  const report = await repairVolume({ input: { path }, output, credentials, hash: true, ...more })
  return { output: readFileSync(output), expected: volume.expected, report }
}

/** Where two images differ, as text short enough for a failure message. */
function differences(output: Uint8Array, expected: Uint8Array): string[] {
  const sectors: string[] = []
  if (output.length !== expected.length) sectors.push(`${output.length} instead of ${expected.length} bytes`)
  for (let at = 0; at < expected.length && sectors.length < 8; at += 512) {
    if (Buffer.compare(output.subarray(at, at + 512), expected.subarray(at, at + 512)) !== 0) {
      sectors.push(`0x${at.toString(16)}`)
    }
  }
  return sectors
}

describe("forged volumes", () => {
  it.each([...layouts, ...states, ...oddities].map((scenario) => [scenario.name, scenario] as const))(
    "%s",
    async (_name, scenario) => {
      const { output, expected, report } = await run(scenario)
      expect(differences(output, expected)).toEqual([])
      // Decrypting goes upwards, so the file system's first structures no longer come out of the cipher: they prove no key.
      const isProvable = !scenario.name.startsWith("decrypting on write")
      expect(report.proof).toMatchObject({ verdict: isProvable ? "proven" : "named" })
      expect(report.exitCode).toBe(0)
    },
  )

  it("keeps raw zeros with --keep-zeros, and says how many either way", async () => {
    const trimmed = { start: 0x500000, length: 0x10000 }
    const scenario: Scenario = {
      name: "",
      fixture: "ntfs-512",
      recipe: { layout: "windows8", method: xtsAes128, trimmed: [trimmed] },
    }
    const noise = await run(scenario)
    const kept = await run(scenario, { keepZeros: true })
    const part = (image: Uint8Array): Uint8Array =>
      image.subarray(trimmed.start, trimmed.start + trimmed.length)
    expect(noise.report.zeroSectorBytes).toBe(trimmed.length)
    expect(kept.report.zeroSectorBytes).toBe(trimmed.length)
    expect(part(noise.output).every((byte) => byte === 0)).toBe(false)
    expect(part(kept.output).every((byte) => byte === 0)).toBe(true)
    expect(differences(noise.output, noise.expected)).toEqual([])
  })
})
