/** The clinic on forged volumes: the password that was meant is found, the search goes on after a stop, nothing leaks. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { toHex } from "../../src/bytes/hex.ts"
import { parseRecoveryPassword } from "../../src/credential/index.ts"
import type { Crypto, Stretcher } from "../../src/crypto/crypto.ts"
import { EncryptionMethod } from "../../src/crypto/method.ts"
import { nodeCrypto } from "../../src/crypto/node.ts"
import { Secret } from "../../src/crypto/secret.ts"
import { type ClinicRequest, cureRecoveryPassword } from "../../src/job/clinic.ts"
import type { JobEvent } from "../../src/job/events.ts"
import { freeExtents, loadFixture } from "../fixtures/fixtures.ts"
import { type ForgedVolume, type Recipe, forge } from "../forge/forge.ts"
import { RECOVERY_PASSWORD } from "../forge/protectors.ts"
import { stretched } from "../forge/stretched-keys.ts"

const OTHER = "222222-222222-222222-222222-222222-222222-222222-222222"
const recovery = { kind: "recovery-password" } as const

let folder: string
let volume: ForgedVolume
let two: ForgedVolume
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "repair-bde-clinic-"))
  volume = await forged("volume", [recovery])
  two = await forged("two", [{ ...recovery, digits: OTHER }, recovery])
  await forged("tpm", [{ kind: "tpm" }])
})
afterAll(() => rmSync(folder, { recursive: true }))

async function forged(name: string, protectors: Recipe["protectors"]): Promise<ForgedVolume> {
  const one = await forge(loadFixture("sample"), {
    layout: "windows8",
    method: EncryptionMethod.xtsAes128,
    free: freeExtents("sample"),
    protectors,
  })
  writeFileSync(join(folder, `${name}.img`), one.image)
  return one
}

const request = (typed: string, more: Partial<ClinicRequest> & { name?: string } = {}): ClinicRequest => {
  const { name = "volume", ...others } = more
  return { input: { path: join(folder, `${name}.img`) }, typed: Secret.ofText(typed), ...others }
}

/** Knows the key of the right password by heart, and that of no other one, so that thousands are tried in no time. */
async function quick(
  onBatch: (tried: number) => void = () => {},
): Promise<{ crypto: Crypto; tried: string[] }> {
  const initial = nodeCrypto.sha256(parseRecoveryPassword(RECOVERY_PASSWORD).key16.reveal())
  const tried: string[] = []
  const stretcher: Stretcher = {
    async stretch(initials, salt, { signal, steps } = {}) {
      signal?.throwIfAborted()
      if (steps !== undefined) return initials.map(() => new Uint8Array(32))
      tried.push(...initials.map((one) => `${toHex(one)} ${toHex(salt)}`))
      onBatch(tried.length)
      await new Promise(setImmediate)
      signal?.throwIfAborted()
      return Promise.all(
        initials.map(async (one) =>
          toHex(one) === toHex(initial) ? stretched(one, salt) : new Uint8Array(32),
        ),
      )
    },
    close: () => Promise.resolve(),
  }
  return { crypto: { ...nodeCrypto, openStretchers: () => [stretcher, stretcher] }, tried }
}

describe("the clinic", () => {
  it("finds what was meant, and says which group was wrong", async () => {
    const typed = RECOVERY_PASSWORD.replace("330033", "33O032")
    const events: JobEvent[] = []
    const report = await cureRecoveryPassword(request(typed), { emit: (event) => events.push(event) })
    expect(report.exitCode).toBe(0)
    expect(report.found?.digits.revealText()).toBe(RECOVERY_PASSWORD)
    expect(report.found?.opens).toBe(true)
    expect(report.found?.protectorId).toBe(volume.protectors[0]!.id)
    expect(report.found?.changed.map(({ group, right }) => [group, right.revealText()])).toEqual([
      [3, "330033"],
    ])
    expect(report.faults).toEqual([{ group: 3, reason: "not-six-digits" }])
    expect(report.search.perSecond).toBeGreaterThan(1)
    expect(report.search.candidateCount).toBe(65_536)
    const said = JSON.stringify([events, report])
    for (const group of [...RECOVERY_PASSWORD.split("-"), "33O032"]) expect(said).not.toContain(`"${group}`)
    expect(said).not.toContain(RECOVERY_PASSWORD)
  })

  it("tells the length of the search before it starts, and stops there when asked", async () => {
    const { crypto, tried } = await quick()
    const report = await cureRecoveryPassword(
      request(RECOVERY_PASSWORD.replace("330033", "??????"), { dryRun: true }),
      { crypto },
    )
    expect(report).toMatchObject({ dryRun: true, triedCount: 0, search: { candidateCount: 65_536 } })
    const { search } = report
    expect(search.seconds).toBeGreaterThanOrEqual(Math.floor(65_536 / (search.perSecond + 0.1)))
    expect(tried).toEqual([])
  })

  it("tries each candidate on each of the volume's recovery passwords, or on the one that is named", async () => {
    const typed = RECOVERY_PASSWORD.replace("330033", "330034")
    const [other, mine] = two.protectors
    const all = await quick()
    const found = await cureRecoveryPassword(request(typed, { name: "two" }), all)
    expect(found.found?.protectorId).toBe(mine!.id)
    expect(found.search.protectorCount).toBe(2)
    const named = await quick()
    const only = await cureRecoveryPassword(
      request(typed, { name: "two", keyId: mine!.id.slice(0, 8).toLowerCase() }),
      named,
    )
    expect(only.found?.protectorId).toBe(mine!.id)
    expect(only.search.protectorCount).toBe(1)
    expect(new Set(named.tried.map((one) => one.split(" ")[1])).size).toBe(1)
    const wrong = await cureRecoveryPassword(
      request(typed.replace("330034", "330??4"), { name: "two", keyId: other!.id }),
      await quick(),
    )
    expect(wrong).toMatchObject({ exitCode: 13, triedCount: wrong.search.candidateCount })
    expect(wrong.found).toBeUndefined()
  })

  it("goes on where it was stopped, and tries nothing twice but what was in hand", async () => {
    const typed = RECOVERY_PASSWORD.replace("330033", "??????")
    const statePath = join(folder, "state.json")
    const controller = new AbortController()
    const first = await quick((count) => count >= 2000 && controller.abort(new Error("enough")))
    await expect(
      cureRecoveryPassword(request(typed, { statePath }), { ...first, signal: controller.signal }),
    ).rejects.toThrow("enough")
    expect(readFileSync(statePath, "utf8")).not.toMatch(/\d{6}-/)
    const second = await quick()
    const report = await cureRecoveryPassword(request(typed, { statePath }), second)
    expect(report.found?.digits.revealText()).toBe(RECOVERY_PASSWORD)
    expect(report.search.resumedAt).toBeGreaterThan(1980)
    const twice = first.tried.filter((one) => second.tried.includes(one))
    expect(twice.length).toBeLessThanOrEqual(8)
    expect(new Set([...first.tried, ...second.tried]).size).toBeGreaterThanOrEqual(330033 / 11)
  }, 60_000)

  it("takes no state of another search, and no other file", async () => {
    const statePath = join(folder, "other-state.json")
    const typed = RECOVERY_PASSWORD.replace("330033", "330034")
    await cureRecoveryPassword(request(typed, { statePath }), await quick())
    const another = request(typed.replace("330034", "33003?"), { statePath })
    await expect(cureRecoveryPassword(another, await quick())).rejects.toMatchObject({
      code: "search-state-unusable",
    })
    writeFileSync(statePath, "no state")
    await expect(cureRecoveryPassword(another, await quick())).rejects.toMatchObject({
      code: "search-state-unusable",
    })
    expect(readFileSync(statePath, "utf8")).toBe("no state")
  })

  it.each([
    [
      "too much is missing",
      "??????-??????-330033-440044-550055-660066-000011-123453",
      {},
      "search-too-large",
      14,
    ],
    ["it is no eight groups", "330033-440044", {}, "recovery-password-unreadable", 2],
    ["the key ID is of no protector", RECOVERY_PASSWORD, { keyId: "00000000" }, "key-id-unknown", 2],
    ["the volume has no recovery password", RECOVERY_PASSWORD, { name: "tpm" }, "no-recovery-password", 13],
  ] as const)("refuses where %s", async (_what, typed, more, code, exitCode) => {
    await expect(cureRecoveryPassword(request(typed, more), await quick())).rejects.toMatchObject({
      code,
      exitCode,
    })
  })

  it("says how long a hopeless search would take", async () => {
    const typed = RECOVERY_PASSWORD.replace("330033", "??????").replace("440044", "??????")
    await expect(cureRecoveryPassword(request(typed), await quick())).rejects.toThrow(/4294967296 candidates/)
  })
})
