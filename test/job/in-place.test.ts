/** Repair in place, from the path of a damaged image to one that opens again, and back. */
import { readFileSync, readdirSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, it } from "vitest"
import { type InPlaceReport, type JobEvent, Secret, repairInPlace, undoRepair } from "../../dist/index.js"
import { toHex } from "../../src/bytes/hex.ts"
import {
  keyPackageContents,
  parseEowInfo,
  parseMetadataBlock,
  recogniseBootSector,
  serializeKeyPackage,
} from "../../src/fve/index.ts"
import type { ForgedVolume } from "../forge/forge.ts"
import {
  type Injury,
  bootSectorRandom,
  bootSectorWrongOffsets,
  bootSectorZeroed,
  copiesDestroyed,
  headBackupDestroyed,
  together,
} from "../patch/damage.ts"
import { type VolumeName, forgeNamed } from "../peers/volumes.ts"
import { forThisTest, temporaryFolder } from "../suites/system.ts"

interface Drive {
  readonly folder: string
  readonly path: string
  readonly undoFile: string
  readonly volume: ForgedVolume
  readonly damaged: Uint8Array
  /** The first eight characters of a key ID. */
  readonly keyId: string
  read(): Buffer
}

async function drive(name: VolumeName, injury: Injury, embed = (image: Uint8Array) => image): Promise<Drive> {
  const volume = await forgeNamed(name)
  const folder = forThisTest(temporaryFolder()).path
  const path = join(folder, "drive.img")
  const damaged = embed(injury(volume))
  writeFileSync(path, damaged)
  const keyId = volume.protectors[0]!.id.slice(0, 8)
  return {
    folder,
    path,
    undoFile: join(folder, "drive.undo"),
    volume,
    damaged,
    keyId,
    read: () => readFileSync(path),
  }
}

const requestFor = ({ path, volume, undoFile, keyId }: Drive) => ({
  input: { path },
  credentials: [{ kind: "vmk", text: Secret.ofText(toHex(volume.vmk!)), origin: "test" } as const],
  undoFile,
  yesWriteTo: keyId,
})

const namesIn = ({ patch }: InPlaceReport): string[] => [...new Set(patch.edits.map(({ what }) => what))]

async function undone({ path, undoFile, damaged, read }: Drive): Promise<void> {
  const report = await undoRepair({ undoFile, input: { path } })
  expect(report.restored.length).toBe(report.patch.edits.length)
  expect(Buffer.compare(read(), damaged)).toBe(0)
}

const BOTH: Injury = together(bootSectorRandom, copiesDestroyed(1, 3))
const scenarios: readonly (readonly [string, Injury, readonly VolumeName[]])[] = [
  [
    "boot-sector-zeroed",
    bootSectorZeroed,
    ["windows8-xts-128", "windows7-diffuser-128", "to-go-fat32-cbc-128"],
  ],
  ["boot-sector-zeroed", bootSectorZeroed, ["vista-diffuser-128", "encrypt-on-write-xts-128"]],
  [
    "boot-sector-random",
    bootSectorRandom,
    ["windows8-cbc-256", "4096-byte-sectors-xts-128", "to-go-exfat-xts-128"],
  ],
  ["boot-sector-wrong-offsets", bootSectorWrongOffsets, ["windows8-xts-256", "to-go-fat32-cbc-128"]],
  ["copy-1-destroyed", copiesDestroyed(1), ["windows8-xts-128", "windows7-cbc-256", "to-go-exfat-xts-128"]],
  ["copies-1-2-destroyed", copiesDestroyed(1, 2), ["windows8-cbc-128", "4096-byte-sectors-cbc-128"]],
  ["copies-1-2-destroyed", copiesDestroyed(1, 2), ["vista-diffuser-128"]],
  ["copy 1 during a conversion", copiesDestroyed(1), ["paused-cbc-256", "encrypt-on-write-xts-128"]],
  [
    "copies 1 and 3 and the boot sector",
    BOTH,
    ["windows8-xts-128", "windows7-diffuser-256", "vista-diffuser-128"],
  ],
  ["copies 1 and 3 and the boot sector", BOTH, ["to-go-fat32-cbc-128", "encrypt-on-write-xts-128"]],
  ["header-backup-destroyed", headBackupDestroyed, ["windows8-xts-128", "windows7-diffuser-128"]],
]
const cases = scenarios.flatMap(([name, injury, volumes]) =>
  volumes.map((volume) => ({ name, injury, volume })),
)

describe("repairInPlace", () => {
  it.each(cases)(
    "makes the drive open again, and undo takes it back: $name, $volume",
    async ({ injury, volume }) => {
      const one = await drive(volume, injury)
      const report = await repairInPlace(requestFor(one))
      expect(report.verification).toMatchObject({ opens: true })
      expect(report.exitCode).toBe(0)
      expect(report.patch.edits.length).toBeGreaterThan(0)
      const repaired = one.read()
      // Behind the boot sector nothing differs from the volume as it was.
      expect(Buffer.compare(repaired.subarray(512), one.volume.image.subarray(512))).toBe(0)
      expect(recogniseBootSector(repaired)).toMatchObject({
        metadataOffsets: recogniseBootSector(one.volume.image)!.metadataOffsets,
      })
      await undone(one)
    },
  )

  it("writes nothing where nothing is wrong", async () => {
    const one = await drive("windows8-xts-128", ({ image }) => image.slice())
    const report = await repairInPlace(requestFor(one))
    expect(report).toMatchObject({ patch: { edits: [], bytes: 0 }, dryRun: false, exitCode: 0 })
    expect(report.undoFile).toBeUndefined()
    expect(readdirSync(one.folder)).toEqual(["drive.img"])
  })

  it("needs no credential where the boot sector leads to metadata that is intact", async () => {
    const one = await drive("windows8-xts-128", copiesDestroyed(1, 2))
    const report = await repairInPlace({ ...requestFor(one), credentials: [] })
    expect(report.openedBy).toBeUndefined()
    expect(report.verification).toEqual({
      opens: true,
      sentence: "all metadata copies are intact; no credential was given to open it",
    })
    await undone(one)
  })

  it("makes three new copies with a key package, when all are destroyed", async () => {
    const one = await drive("windows8-xts-128", copiesDestroyed(1, 2, 3))
    const { dataset } = parseMetadataBlock(one.volume.image.subarray(one.volume.metadataOffsets[0]))!
    const recovery = one.volume.protectors.find(({ kind }) => kind === "recovery-password")!
    const keyPackage = join(one.folder, "drive.KPG")
    writeFileSync(keyPackage, serializeKeyPackage(keyPackageContents(dataset, recovery.id)!))
    const request = { ...requestFor(one), keyPackages: [keyPackage], yesWriteTo: recovery.id }
    const report = await repairInPlace(request)
    expect(namesIn(report).sort()).toEqual(["metadata copy 1", "metadata copy 2", "metadata copy 3"])
    expect(report.verification).toMatchObject({ opens: true })
    await undone(one)
  })

  it("finds the volume on a disk, and leaves the rest of it alone", async () => {
    const start = 1 << 20
    const one = await drive("windows8-xts-128", copiesDestroyed(2), (image) => onDisk(image, start))
    const report = await repairInPlace(requestFor(one))
    expect(report.patch).toMatchObject({ volumeOffset: start })
    expect(report.patch.edits[0]).toMatchObject({
      at: start + one.volume.metadataOffsets[1]!,
      length: 0x10000,
    })
    expect(Buffer.compare(one.read(), onDisk(one.volume.image, start))).toBe(0)
    await undone(one)
  })
})

describe("nothing is written", () => {
  const refused = async (one: Drive, change: object, error: object, shell = {}): Promise<void> => {
    await expect(repairInPlace({ ...requestFor(one), ...change }, shell)).rejects.toMatchObject(error)
    expect(Buffer.compare(one.read(), one.damaged)).toBe(0)
    expect(readdirSync(one.folder).filter((name) => name.endsWith("partial"))).toEqual([])
  }

  it("by a dry run, which shows the patch", async () => {
    const one = await drive("windows8-xts-128", BOTH)
    const events: JobEvent[] = []
    const report = await repairInPlace(
      { ...requestFor(one), dryRun: true },
      { emit: (event) => events.push(event) },
    )
    expect(report).toMatchObject({ dryRun: true, exitCode: 0 })
    expect(report.patch.edits.at(-1)).toEqual({ what: "boot sector", at: 0, length: 512 })
    expect(events.find(({ type }) => type === "patch")).toEqual({ type: "patch", patch: report.patch })
    expect(Buffer.compare(one.read(), one.damaged)).toBe(0)
    expect(readdirSync(one.folder)).toEqual(["drive.img"])
  })

  it("when nobody is there to agree, or somebody does not", async () => {
    const one = await drive("windows8-xts-128", bootSectorZeroed)
    const { yesWriteTo: _, ...request } = requestFor(one)
    const error = { code: "write-not-approved", exitCode: 16 }
    await expect(repairInPlace(request)).rejects.toMatchObject(error)
    const questions: object[] = []
    const ask = async (question: object): Promise<boolean> => (questions.push(question), false)
    await expect(repairInPlace(request, { ask })).rejects.toMatchObject(error)
    expect(questions).toMatchObject([
      { code: "write-to-drive", answers: expect.arrayContaining([one.keyId]) as string[] },
    ])
    expect(Buffer.compare(one.read(), one.damaged)).toBe(0)
    expect(await repairInPlace(request, { ask: async () => true })).toMatchObject({
      verification: { opens: true },
    })
  })

  it.each(["", "00000000", "AFB9C56"])("with the key ID %j", async (yesWriteTo) => {
    await refused(
      await drive("windows8-xts-128", bootSectorZeroed),
      { yesWriteTo },
      { code: "key-id-differs", exitCode: 2 },
    )
  })

  it("when the undo file exists, has no folder, or would be the drive", async () => {
    const one = await drive("windows8-xts-128", bootSectorZeroed)
    writeFileSync(one.undoFile, "somebody's")
    await refused(one, {}, { code: "undo-file-exists", exitCode: 16 })
    expect(readFileSync(one.undoFile, "utf8")).toBe("somebody's")
    await refused(
      one,
      { undoFile: join(one.folder, "none/x.undo") },
      { code: "sink-folder-missing", exitCode: 16 },
    )
    await refused(one, { undoFile: one.path }, { code: "sink-is-source", exitCode: 16 })
  })

  it("with a wrong credential, or with none where one is needed", async () => {
    for (const injury of [bootSectorZeroed, bootSectorWrongOffsets]) {
      const one = await drive("windows8-xts-128", injury)
      await refused(one, { credentials: [] }, { code: "nothing-opened", exitCode: 13 })
    }
    const text = Secret.ofText("5a".repeat(32))
    const other = await drive("windows8-xts-128", bootSectorZeroed)
    await refused(
      other,
      { credentials: [{ kind: "vmk", text, origin: "test" }] },
      { code: "nothing-opened", exitCode: 13 },
    )
  })

  it("to a volume that was encrypted anew since, though an older key opens what is left of it", async () => {
    const newer = await forgeNamed("windows8-xts-256")
    const one = await drive("windows8-xts-128", (volume) => {
      // All of the older volume that is left is its metadata.
      const image = newer.image.slice()
      image.fill(0, 0, 512)
      for (const at of volume.metadataOffsets) image.set(volume.image.subarray(at, at + volume.areaSize), at)
      return image
    })
    await refused(one, {}, { code: "volume-not-current", exitCode: 14 })
  })

  it("to a volume whose conversion its own structures do not decide", async () => {
    const one = await drive("encrypt-on-write-xts-128", (volume) => {
      const image = copiesDestroyed(1)(volume)
      const { eowOffsets } = recogniseBootSector(image)!
      for (const at of eowOffsets)
        image.fill(0, at, at + parseEowInfo(volume.image.subarray(at))!.header.size)
      return image
    })
    await refused(one, {}, { code: "conversion-undecided", exitCode: 14 })
    await refused(one, { credentials: [] }, { code: "conversion-undecided", exitCode: 14 })
  })
})

describe("undoRepair", () => {
  const repaired = async (): Promise<Drive> => {
    const one = await drive("windows8-xts-128", BOTH)
    await repairInPlace(requestFor(one))
    return one
  }
  const undo = ({ path, undoFile }: Drive, change: object = {}) =>
    undoRepair({ undoFile, input: { path }, ...change })

  it("can be told beforehand, and repeated", async () => {
    const one = await repaired()
    const before = one.read()
    const foreseen = await undo(one, { dryRun: true })
    expect(Buffer.compare(one.read(), before)).toBe(0)
    const { restored } = await undo(one)
    expect(foreseen.restored).toEqual(restored)
    expect(restored[0]).toMatchObject({ what: "boot sector" })
    expect((await undo(one)).restored).toEqual([])
    expect(Buffer.compare(one.read(), one.damaged)).toBe(0)
  })

  it("refuses a drive that has changed since", async () => {
    const one = await repaired()
    const used = one.read()
    used[one.volume.metadataOffsets[0]! + 5]! ^= 1
    writeFileSync(one.path, used)
    await expect(undo(one)).rejects.toMatchObject({ code: "drive-changed", exitCode: 16 })
    expect(Buffer.compare(one.read(), used)).toBe(0)
  })

  it("refuses another drive", async () => {
    const one = await repaired()
    writeFileSync(one.path, Buffer.concat([one.read(), Buffer.alloc(512)]))
    await expect(undo(one)).rejects.toMatchObject({ code: "drive-other-size", exitCode: 16 })
  })

  it.each([
    ["cut", (file: Buffer) => file.subarray(0, -70)],
    ["altered", (file: Buffer) => Buffer.from(file.toString().replace("boot sector", "boot_sector"))],
    ["foreign", () => Buffer.from("a letter")],
  ])("refuses an undo file that is %s", async (fault, change) => {
    const one = await repaired()
    const before = one.read()
    writeFileSync(one.undoFile, change(readFileSync(one.undoFile)))
    await expect(undo(one)).rejects.toMatchObject({
      code: "undo-file-unusable",
      exitCode: 10,
      data: { fault },
    })
    expect(Buffer.compare(one.read(), before)).toBe(0)
  })

  it("refuses an undo file that is not there", async () => {
    const one = await repaired()
    await expect(undo({ ...one, undoFile: `${one.undoFile}2` })).rejects.toMatchObject({
      code: "undo-file-unreadable",
    })
  })
})

/** An MBR disk with this volume as its only partition, and something in front of it. */
function onDisk(volume: Uint8Array, start: number): Uint8Array {
  const disk = new Uint8Array(start + volume.length + (1 << 20)).fill(0x11)
  disk.fill(0, 0, 512)
  const view = new DataView(disk.buffer)
  view.setUint8(446 + 4, 0x07)
  view.setUint32(446 + 8, start / 512, true)
  view.setUint32(446 + 12, volume.length / 512, true)
  view.setUint16(510, 0xaa55, true)
  disk.set(volume, start)
  return disk
}
