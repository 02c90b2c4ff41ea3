/** Keys found in places for forged volumes: by the names on the drive, by trial, and for jobs that go on with them. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { EncryptionMethod } from "../../src/crypto/method.ts"
import { checkCredentials } from "../../src/job/check.ts"
import { type FindKeysReport, findKeys } from "../../src/job/find-keys.ts"
import type { JobEvent } from "../../src/job/index.ts"
import { repairInPlace } from "../../src/job/repair-in-place.ts"
import { repairVolume } from "../../src/job/repair.ts"
import { freeExtents, loadFixture } from "../fixtures/fixtures.ts"
import { forge, type ForgedVolume } from "../forge/forge.ts"
import { forgeKeyPackage } from "../forge/key-package.ts"
import { base64, guidBytes, guidOf, mistyped, passwordOf } from "../places/samples.ts"
import { RECOVERY_PASSWORD } from "../forge/protectors.ts"

const folder = mkdtempSync(join(tmpdir(), "repair-bde-find-keys-"))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

function save(name: string, content: Uint8Array | string): string {
  const path = join(folder, name)
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, content)
  return path
}

let volume: ForgedVolume
let image: string
let wiped: string
let recoveryId: string
let startupId: string
let ldif: string

beforeAll(async () => {
  volume = await forge(loadFixture("sample"), {
    layout: "windows8",
    method: EncryptionMethod.xtsAes128,
    free: freeExtents("sample"),
    protectors: [{ kind: "recovery-password" }, { kind: "startup-key" }],
    seed: 7,
  })
  const [recovery, startup] = volume.protectors
  recoveryId = recovery!.id
  startupId = startup!.id
  image = save("volume.img", volume.image)
  const damaged = volume.image.slice()
  for (const at of volume.metadataOffsets) damaged.fill(0, at, at + volume.areaSize)
  wiped = save("wiped.img", damaged)
  ldif = save(
    "ad.ldf",
    [entryOf(guidOf(1), passwordOf(1)), entryOf(recoveryId, RECOVERY_PASSWORD, packageOf(volume))].join(
      "\n\n",
    ),
  )
})

const packageOf = (of: ForgedVolume): Uint8Array =>
  forgeKeyPackage(of, { variant: "dataset", encoding: "binary", protectorId: of.protectors[0]!.id })

function entryOf(guid: string, password: string, keyPackage?: Uint8Array): string {
  return [
    `dn: CN=2024-01-31T10:00:00-00:00{${guid}},CN=PC1,DC=rb,DC=test`,
    `msFVE-RecoveryGuid:: ${base64(guidBytes(guid))}`,
    `msFVE-RecoveryPassword: ${password}`,
    ...(keyPackage ? [`msFVE-KeyPackage:: ${base64(keyPackage)}`] : []),
  ].join("\n")
}

const find = (path: string, ...specs: string[]): Promise<FindKeysReport> =>
  findKeys({ input: { path }, places: { specs } })

const verdicts = ({ keys }: FindKeysReport): unknown[] =>
  keys.map(({ kind, verdict, keyId }) => [kind, verdict, keyId])

describe("a key that names the drive's key ID", () => {
  it("is found in an export of a directory, among those of other drives", async () => {
    const report = await find(image, ldif)
    expect(report).toMatchObject({ opens: true, exitCode: 0, places: [{ keyCount: 3, otherCount: 1 }] })
    expect(verdicts(report)).toEqual([
      ["recovery-password", "opens", recoveryId],
      ["key-package", "needs-more", recoveryId],
    ])
    expect(report.wanted).toMatchObject([
      { id: recoveryId, shortId: recoveryId.slice(0, 8), kind: "recovery-password", found: 2 },
      { id: startupId, kind: "startup-key", found: 0 },
    ])
    expect(report.keys[0]).toMatchObject({ place: ldif, computer: "PC1" })
    expect(report.next).toEqual([`repair-bde ${image} OUTPUT --keys ${ldif}`])
  })

  it("is found as a startup key in a folder, without a stretch", async () => {
    const stick = dirname(save("stick/a/hidden.BEK", volume.protectors[1]!.startupKey!.file))
    const report = await find(image, dirname(stick))
    expect(verdicts(report)).toEqual([["startup-key", "opens", startupId]])
  })

  it("is told first when it was mistyped", async () => {
    const notes = save(
      "notes.txt",
      `${guidOf(3)} ${mistyped(passwordOf(3), 2)}\n${recoveryId}\n${mistyped(RECOVERY_PASSWORD, 5)}`,
    )
    const report = await find(image, notes)
    expect(report).toMatchObject({ opens: false, exitCode: 13, keys: [] })
    expect(
      report.places[0]!.findings.map(({ severity, evidence }) => [severity, evidence?.protectorId]),
    ).toEqual([
      ["damage", recoveryId],
      ["notice", guidOf(3)],
    ])
    expect(report.next[0]).toContain(recoveryId.slice(0, 8))
  })

  it("is told when it does not open the drive all the same", async () => {
    const report = await find(image, save("wrong.txt", `${recoveryId} ${passwordOf(4)}`))
    expect(report).toMatchObject({ opens: false, exitCode: 13 })
    expect(report.keys).toMatchObject([
      { verdict: "closed", why: "names a key ID of the drive, and does not open it" },
    ])
  })
})

describe("a key without a name", () => {
  it("is tried on the volume", async () => {
    const list = save("list.txt", [passwordOf(5), RECOVERY_PASSWORD, passwordOf(6)].join("\n"))
    const report = await find(image, list)
    expect(report.keys[0]).toMatchObject({ verdict: "opens", origin: `${list}, line 2` })
  })

  it("is tried also when it names another drive, in a place that holds few", async () => {
    const report = await find(image, save("wrong-name.txt", `${guidOf(5)} ${RECOVERY_PASSWORD}`))
    expect(report.keys).toMatchObject([{ verdict: "opens", keyId: guidOf(5) }])
  })
})

describe("places", () => {
  it("that cannot be searched do not hide the others", async () => {
    const missing = join(folder, "missing")
    const report = await find(image, missing, ldif)
    expect(report.opens).toBe(true)
    expect(report.places[0]!.findings).toMatchObject([{ code: "place-failed", evidence: { place: missing } }])
  })

  it("that cannot be searched are an error when there is no other", async () => {
    await expect(find(image, join(folder, "missing"))).rejects.toMatchObject({ code: "place-unreadable" })
  })

  it("that hold thousands of keys without a name are told to be too much", async () => {
    const many = Array.from({ length: 1200 }, (_, i) => `${passwordOf(i)}\n`).join("")
    const events: JobEvent[] = []
    const request = { input: { path: wiped }, places: { specs: [save("many.txt", many)] } }
    const { keys, places } = await findKeys(request, { emit: (event) => void events.push(event) })
    expect(keys).toHaveLength(1000)
    expect(places[0]!.keyCount).toBe(1200)
    const told = events.find((event) => event.type === "notice" && event.code === "keys-left-out")
    expect(told).toMatchObject({ text: expect.stringContaining("200 more keys") as string })
  })

  it("end with the search when it is stopped", async () => {
    const request = { input: { path: image }, places: { specs: [ldif] } }
    const stop = new AbortController()
    const emit = (event: JobEvent): void => {
      if (event.type === "volume") stop.abort(new Error("stopped"))
    }
    await expect(findKeys(request, { emit, signal: stop.signal })).rejects.toThrow("stopped")
  })

  it("give no secret to the report", async () => {
    const report = JSON.stringify(await find(image, ldif))
    for (const group of RECOVERY_PASSWORD.split("-")) expect(report).not.toContain(group)
  })
})

describe("jobs that are told places", () => {
  const request = (path: string, specs: readonly string[]) => ({
    input: { path },
    credentials: [],
    places: { specs },
  })

  it("check with what lies there", async () => {
    const report = await checkCredentials(request(image, [ldif]))
    expect(report).toMatchObject({ opens: true, openedBy: { protectorId: recoveryId } })
    expect(report.openedBy!.credential).toContain(`recovery password (${ldif}, line`)
  })

  it("repair a volume without any metadata with the key package and the password of one export", async () => {
    const output = join(folder, "repaired.img")
    const events: JobEvent[] = []
    const report = await repairVolume(
      { ...request(wiped, [ldif]), output },
      { emit: (event) => void events.push(event) },
    )
    expect(report.openedBy.protectorId).toBe(recoveryId)
    expect(Buffer.compare(readFileSync(output), volume.expected)).toBe(0)
    expect(events).toContainEqual(expect.objectContaining({ type: "notice", code: "place-searched" }))
  })

  it("make the drive itself open again, and see that it does, without asking the places twice", async () => {
    const damaged = volume.image.slice()
    damaged.fill(0, volume.metadataOffsets[0], volume.metadataOffsets[0]! + volume.areaSize)
    damaged.fill(0, 0, 512)
    const events: JobEvent[] = []
    const report = await repairInPlace(
      {
        ...request(save("damaged.img", damaged), [ldif]),
        yesWriteTo: recoveryId,
        undoFile: join(folder, "damaged.undo"),
      },
      { emit: (event) => void events.push(event) },
    )
    expect(report.verification).toMatchObject({ opens: true })
    expect(report.verification!.sentence).not.toContain("no credential was given")
    expect(events.filter((event) => event.type === "notice" && event.code === "place-searched")).toHaveLength(
      1,
    )
  })

  it("find by the key package what the wiped drive does not name any more", async () => {
    const report = await find(wiped, ldif)
    expect(report.opens).toBe(true)
    expect(report.keys[0]).toMatchObject({ kind: "recovery-password", verdict: "opens", keyId: recoveryId })
  })
})
