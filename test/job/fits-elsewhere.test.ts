/** A key that does not open the volume: what it opens instead, within bounds. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import type { Crypto } from "../../src/crypto/crypto.ts"
import { EncryptionMethod } from "../../src/crypto/method.ts"
import { nodeCrypto } from "../../src/crypto/node.ts"
import { Secret } from "../../src/crypto/secret.ts"
import { checkCredentials } from "../../src/job/check.ts"
import type { JobEvent } from "../../src/job/events.ts"
import type { CredentialInput } from "../../src/job/requests.ts"
import { freeExtents, loadFixture } from "../fixtures/fixtures.ts"
import { type ForgedVolume, type Recipe, forge } from "../forge/forge.ts"
import { RECOVERY_PASSWORD } from "../forge/protectors.ts"
import { stretched } from "../forge/stretched-keys.ts"

const MIB = 2 ** 20
const OTHER = "222222-222222-222222-222222-222222-222222-222222-222222"

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "repair-bde-elsewhere-"))
})
afterAll(() => rmSync(folder, { recursive: true }))

const volumeWith = (seed: number, ...protectors: Recipe["protectors"]): Promise<ForgedVolume> =>
  forge(loadFixture("sample"), {
    layout: "windows8",
    method: EncryptionMethod.xtsAes128,
    free: freeExtents("sample"),
    seed,
    protectors,
  })

const recovery = (digits: string): CredentialInput => ({
  kind: "recovery-password",
  text: Secret.ofText(digits),
  origin: "test",
})

/** An MBR disk of volumes, a partition each. */
function disk(name: string, volumes: readonly ForgedVolume[]): string {
  const step = Math.ceil(volumes[0]!.image.length / MIB) * MIB
  const bytes = new Uint8Array(MIB + volumes.length * step)
  const view = new DataView(bytes.buffer)
  for (const [i, { image }] of volumes.entries()) {
    const at = MIB + i * step
    view.setUint8(446 + 16 * i + 4, 0x07)
    view.setUint32(446 + 16 * i + 8, at / 512, true)
    view.setUint32(446 + 16 * i + 12, image.length / 512, true)
    bytes.set(image, at)
  }
  view.setUint16(510, 0xaa55, true)
  return save(name, bytes)
}

function save(name: string, bytes: Uint8Array): string {
  const path = join(folder, name)
  writeFileSync(path, bytes)
  return path
}

/** Remembers stretches, so that many cost nothing, and counts them. */
function remembering(): { crypto: Crypto; count: () => number } {
  let count = 0
  const stretch: Crypto["stretch"] = (initial, salt) => {
    count++
    return stretched(initial, salt)
  }
  return { crypto: { ...nodeCrypto, stretch }, count: () => count }
}

describe("a key that does not open the volume", () => {
  it("opens another one of the same disk", async () => {
    const mine = await volumeWith(1, { kind: "recovery-password", digits: OTHER })
    const next = await volumeWith(2, { kind: "recovery-password" })
    const path = disk("two.img", [mine, next])
    const report = await checkCredentials(
      { input: { path, volume: 1 }, credentials: [recovery(RECOVERY_PASSWORD)] },
      remembering(),
    )
    expect(report.opens).toBe(false)
    expect(report.elsewhere).toMatchObject([
      { volume: 2, standing: "current", protectorId: next.protectors[0]!.id },
    ])
  })

  it("is not said to open what lies open to everybody", async () => {
    const mine = await volumeWith(1, { kind: "recovery-password", digits: OTHER })
    const open = await volumeWith(2, { kind: "recovery-password", digits: OTHER }, { kind: "clear-key" })
    const report = await checkCredentials(
      {
        input: { path: disk("open.img", [mine, open]), volume: 1 },
        credentials: [recovery(RECOVERY_PASSWORD)],
      },
      remembering(),
    )
    expect(report.elsewhere).toBeUndefined()
  })

  it("is not looked for elsewhere when it opens the volume", async () => {
    const mine = await volumeWith(1, { kind: "recovery-password" })
    const { crypto, count } = remembering()
    const report = await checkCredentials(
      {
        input: { path: disk("same.img", [mine, mine]), volume: 1 },
        credentials: [recovery(RECOVERY_PASSWORD)],
      },
      { crypto },
    )
    expect(report.opens).toBe(true)
    expect(report.elsewhere).toBeUndefined()
    expect(count()).toBe(1)
  })

  it("is tried on so many others, and it is said when there are more", async () => {
    const digits = (i: number): string => OTHER.replace("222222", String(110011 + 11 * i))
    const many = Array.from({ length: 40 }, (_, i) => recovery(digits(i)))
    const mine = await volumeWith(1, { kind: "password", password: "x" })
    const next = await volumeWith(2, { kind: "recovery-password" })
    const events: JobEvent[] = []
    const { count, crypto } = remembering()
    await checkCredentials(
      { input: { path: disk("many.img", [mine, next]), volume: 1 }, credentials: many },
      { crypto, emit: (event) => events.push(event) },
    )
    expect(count()).toBe(0)
    expect(events).toContainEqual(expect.objectContaining({ type: "notice", code: "volumes-not-tried" }))
  })
})

describe("a key protector that was removed", () => {
  it("still opens the volume from a copy that was not written again, and that is said", async () => {
    const before = await volumeWith(
      3,
      { kind: "recovery-password", digits: OTHER },
      { kind: "recovery-password" },
    )
    const after = await forge(loadFixture("sample"), {
      layout: "windows8",
      method: EncryptionMethod.xtsAes128,
      free: freeExtents("sample"),
      seed: 3,
      protectors: [{ kind: "recovery-password", digits: OTHER }],
      firstNonceCounter: 40,
    })
    // The last copy is as it was before.
    const image = after.image.slice()
    const [, , offset] = after.metadataOffsets
    expect(before.metadataOffsets[2]).toBe(offset)
    image.set(before.image.subarray(offset, offset! + before.areaSize), offset)
    const report = await checkCredentials(
      { input: { path: save("removed.img", image) }, credentials: [recovery(RECOVERY_PASSWORD)] },
      remembering(),
    )
    expect(report.opens).toBe(true)
    expect(report.volume.findings).toContainEqual(expect.objectContaining({ code: "protector-removed" }))
  })
})
