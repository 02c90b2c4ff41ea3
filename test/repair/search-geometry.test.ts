/** Volumes of which nothing is left but the key: every byte comes out that still exists, and every fact has its reason. */
import { describe, expect, it } from "vitest"
import { EncryptionMethod, methodFacts } from "../../src/crypto/method.ts"
import { nodeCrypto } from "../../src/crypto/node.ts"
import { Secret } from "../../src/crypto/secret.ts"
import { type Extent, endOf, extent } from "../../src/extents/extent.ts"
import { readNtfsBootSector } from "../../src/filesystem/index.ts"
import type { VolumeKeys } from "../../src/fve/index.ts"
import { findOriginalBoot } from "../../src/repair/original-boot.ts"
import { factsOfGeometry, geometryFindings } from "../../src/repair/search-geometry-facts.ts"
import { type GeometryQuestion, keysFit, searchGeometry } from "../../src/repair/search-geometry.ts"
import { memorySource, sliceSource } from "../../src/source/index.ts"
import { plainView, planVolume, surveyConversion } from "../../src/volume/index.ts"
import { type FixtureName, freeExtents, loadFixture } from "../fixtures/fixtures.ts"
import { type ForgedVolume, type Recipe, forge } from "../forge/forge.ts"
import { randomBytes } from "../suites/random-bytes.ts"

const { xtsAes128, aes128CbcDiffuser, aes256Cbc } = EncryptionMethod

interface Kind {
  readonly name: string
  readonly fixture: FixtureName
  readonly recipe: Pick<Recipe, "layout" | "sectorSize" | "hidesSectorSize">
}

const KINDS: readonly Kind[] = [
  { name: "Windows 8", fixture: "ntfs-512", recipe: { layout: "windows8" } },
  { name: "Windows 7", fixture: "ntfs-512", recipe: { layout: "windows7" } },
  { name: "4096-byte sectors", fixture: "ntfs-4096", recipe: { layout: "windows8", sectorSize: 4096 } },
  { name: "To Go with FAT32", fixture: "fat32", recipe: { layout: "to-go" } },
  { name: "To Go with exFAT", fixture: "exfat", recipe: { layout: "to-go", hidesSectorSize: true } },
  { name: "Vista", fixture: "ntfs-512", recipe: { layout: "vista" } },
]
const METHODS = [xtsAes128, aes128CbcDiffuser, aes256Cbc]

function forgeKind(
  { fixture, recipe }: Kind,
  method: EncryptionMethod,
  more: Partial<Recipe> = {},
): Promise<ForgedVolume> {
  const free = freeExtents(fixture)
  return forge(loadFixture(fixture), {
    method,
    free,
    protectors: [{ kind: "startup-key" }],
    ...recipe,
    ...more,
  })
}

const keysOf = ({ method, fvek }: ForgedVolume): VolumeKeys => ({ method, fvek: new Secret(fvek!.slice()) })

/** What is left of a volume: without its metadata, and without more. */
function damaged(
  { image, metadataOffsets, areaSize }: ForgedVolume,
  more: readonly Extent[] = [],
): Uint8Array {
  const left = image.slice()
  for (const at of metadataOffsets) left.fill(0, at, at + areaSize)
  for (const e of more) left.fill(0, e.start, endOf(e))
  return left
}

async function recoverFacts(volume: ForgedVolume, left: Uint8Array, more: Partial<GeometryQuestion> = {}) {
  const found = await searchGeometry({
    source: memorySource(left),
    readings: [keysOf(volume)],
    crypto: nodeCrypto,
    known: { volumeStart: 0 },
    ...more,
  })
  return { found, best: found[0] }
}

/** The whole way from what is left to plaintext. */
async function recover(volume: ForgedVolume, left: Uint8Array, more: Partial<GeometryQuestion> = {}) {
  const disk = memorySource(left)
  const { found, best } = await recoverFacts(volume, left, more)
  if (!best) return { found, best, plaintext: undefined, lost: [], codes: [] }
  const { facts, boot, sectorSize } = factsOfGeometry(best)
  const source = sliceSource(disk, extent(best.volumeStart.value, best.volumeSize.value))
  const keys = best.keys.value
  const cipher = nodeCrypto.createSectorCipher(keys.method, keys.fvek.reveal(), sectorSize)
  const evidence = await surveyConversion({
    source,
    facts,
    boot,
    sectorSize,
    cipher,
    doubts: ["layout", "state"],
  })
  const original = await findOriginalBoot({
    view: plainView(source, planVolume(evidence.facts), cipher),
    source,
    sectorSize,
    headLength: best.headLength.value || sectorSize,
    headBackup: facts.headBackup,
  })
  const plan = planVolume({
    ...evidence.facts,
    lost: original.lost,
    substitutions: [...evidence.facts.substitutions, ...original.substitutions],
  })
  const plaintext = new Uint8Array(plan.size)
  const lost = await plainView(source, plan, cipher).read(0, plaintext)
  return {
    found,
    best,
    plaintext,
    lost,
    codes: [...evidence.findings, ...original.findings].map(({ code }) => code),
  }
}

/** Sectors that differ from the original, in hex, without those that are known to be lost. */
function wrongSectors(plaintext: Uint8Array, expected: Uint8Array, lost: readonly Extent[] = []): string[] {
  const wrong: string[] = []
  for (let at = 0; at < expected.length && wrong.length < 8; at += 512) {
    const isLost = lost.some((e) => at >= e.start && at < endOf(e))
    if (!isLost && Buffer.compare(plaintext.subarray(at, at + 512), expected.subarray(at, at + 512)) !== 0)
      wrong.push(`0x${at.toString(16)}`)
  }
  return wrong
}

const allCases = KINDS.flatMap((kind) =>
  METHODS.map((method) => [`${kind.name}, 0x${method.toString(16)}`, kind, method] as const),
)

const FIRST_SECTORS = extent(0, 16 * 512)
const lastSector = ({ size, sectorSize }: ForgedVolume): Extent => extent(size - sectorSize, sectorSize)

/** FAT32 needs a volume of 40 MB. */
const cases = allCases.filter(([, { fixture }, method]) => fixture !== "fat32" || method === xtsAes128)

describe("searchGeometry", () => {
  it.each(allCases)("%s: all metadata gone", async (_name, kind, method) => {
    const volume = await forgeKind(kind, method)
    const { found, best, plaintext, lost, codes } = await recover(volume, damaged(volume))
    expect(found).toHaveLength(1)
    expect(best!.sectorSize.value).toBe(volume.sectorSize)
    expect(best!.headBackup?.value).toEqual(volume.headBackup)
    expect(lost).toEqual([])
    expect(codes).not.toContain("storage-undecidable")
    expect(wrongSectors(plaintext!, volume.expected)).toEqual([])
  })

  it.each(cases)("%s: the boot sector gone too", async (_name, kind, method) => {
    const volume = await forgeKind(kind, method)
    const { plaintext, lost, codes } = await recover(volume, damaged(volume, [extent(0, volume.sectorSize)]))
    expect(lost).toEqual([])
    expect(codes).not.toContain("storage-undecidable")
    expect(wrongSectors(plaintext!, volume.expected)).toEqual([])
  })

  it.each(cases.filter(([, kind]) => kind.recipe.layout !== "to-go"))(
    "%s: the head gone too",
    async (_name, kind, method) => {
      const volume = await forgeKind(kind, method)
      const head = volume.headBackup ?? extent(0, volume.sectorSize)
      const { plaintext, lost, codes } = await recover(volume, damaged(volume, [FIRST_SECTORS, head]))
      expect(codes).toContain("boot-sector-restored")
      // In Windows Vista the sectors behind the boot sector are in place, and zeros there are nothing but zeros.
      const gone = volume.headBackup ? [extent(volume.sectorSize, head.length - volume.sectorSize)] : []
      expect(lost).toEqual(gone)
      const hidden = volume.headBackup ? [...gone, head] : [extent(0, 0x2000)]
      expect(wrongSectors(plaintext!, volume.expected, hidden)).toEqual([])
      expect(wrongSectors(plaintext!.subarray(0, 512), volume.expected.subarray(0, 512))).toEqual([])
    },
  )

  it.each(cases.filter(([, kind]) => kind.recipe.layout !== "to-go"))(
    "%s: the head and the copy of the boot sector gone too",
    async (_name, kind, method) => {
      const volume = await forgeKind(kind, method)
      const head = volume.headBackup ?? extent(0, 0x2000)
      const gone = [FIRST_SECTORS, head, lastSector(volume)]
      const { plaintext, codes, best } = await recover(volume, damaged(volume, gone), {
        known: { volumeStart: 0, ...(kind.recipe.layout === "vista" && { layout: "vista" }) },
      })
      expect(best!.headBackup).toBeUndefined()
      expect(codes).toContain("boot-sector-synthesised")
      expect(wrongSectors(plaintext!, volume.expected, [FIRST_SECTORS, head, lastSector(volume)])).toEqual([])
      const geometry = readNtfsBootSector(plaintext!)
      expect(geometry).toEqual({ ...readNtfsBootSector(volume.expected)!, serial: 0n })
    },
  )

  it.each([3, 4])("says that the head of a FAT volume cannot come back (kind %i)", async (kind) => {
    const volume = await forgeKind(KINDS[kind]!, xtsAes128)
    const head = volume.headBackup!
    const { best, plaintext, lost, codes } = await recover(volume, damaged(volume, [head]))
    expect(best!.headBackup).toBeUndefined()
    expect(best!.headLength.value).toBe(head.length)
    expect(lost).toEqual([extent(0, head.length)])
    expect(codes).toEqual(expect.arrayContaining(["boot-sector-lost", "fat-head-lost"]))
    expect(wrongSectors(plaintext!, volume.expected, [extent(0, head.length), head])).toEqual([])
  })

  it.each(["fat32", "exfat"] as const)(
    "takes the boot sector of %s from its copy in the head",
    async (fixture) => {
      const kind = KINDS.find((one) => one.fixture === fixture)!
      for (const method of METHODS) {
        const volume = await forgeKind(kind, method)
        const { best, plaintext, lost, codes } = await recover(
          volume,
          damaged(volume, [extent(volume.headBackup!.start, 512)]),
        )
        expect(best!.headBackup!.value).toEqual(volume.headBackup)
        expect(codes).toContain("boot-sector-restored")
        expect(lost).toEqual([])
        // Flags and the share in use, which the copy of exFAT does not follow.
        if (fixture === "exfat") for (const at of [106, 107, 112]) plaintext![at] = volume.expected[at]!
        expect(wrongSectors(plaintext!, volume.expected)).toEqual([])
      }
    },
  )

  it("finds the start of a volume on a disk without a partition table", async () => {
    for (const method of METHODS) {
      const volume = await forgeKind(KINDS[0]!, method)
      for (const start of [1 << 20, 63 * 512, 5 * (1 << 20), 0x123400, 0]) {
        const disk = new Uint8Array(start + volume.size + 0x300000)
        disk.set(damaged(volume, [extent(0, 512)]), start)
        const { best, plaintext } = await recover(volume, disk, { known: {} })
        expect([method, best?.volumeStart.value]).toEqual([method, start])
        expect(best!.volumeSize.value).toBe(volume.size)
        expect(wrongSectors(plaintext!, volume.expected)).toEqual([])
      }
    }
  }, 60_000)

  it("finds a volume whose first megabyte is missing", async () => {
    const volume = await forgeKind(KINDS[0]!, xtsAes128)
    const cut = 0x100200
    const { best } = await recoverFacts(volume, damaged(volume).subarray(cut), { known: {} })
    expect(best?.volumeStart.value).toBe(-cut)
    expect(best?.headBackup?.value).toEqual(volume.headBackup)
  })

  it.each(METHODS)(
    "tells the reading of a key from the others that it could be (method %i)",
    async (method) => {
      const volume = await forgeKind(KINDS[0]!, method)
      const { length } = volume.fvek!
      const readings = Object.values(EncryptionMethod)
        .filter((other) => methodFacts(other).fvekLength === length)
        .map((other): VolumeKeys => ({ method: other, fvek: new Secret(volume.fvek!.slice()) }))
      expect(readings.length).toBeGreaterThan(1)
      const { found, best } = await recoverFacts(volume, damaged(volume), { readings })
      expect(found).toHaveLength(1)
      expect(best!.keys.value.method).toBe(method)
    },
  )

  it("finds nothing with the key of another volume, or where nothing is encrypted", async () => {
    const volume = await forgeKind(KINDS[0]!, xtsAes128)
    const other = [{ method: xtsAes128, fvek: new Secret(randomBytes(32, 9)) }]
    expect((await recoverFacts(volume, damaged(volume), { readings: other })).found).toEqual([])
    expect((await recoverFacts(volume, volume.expected)).found).toEqual([])
    expect((await recoverFacts(volume, randomBytes(0x40000, 4))).found).toEqual([])
    expect((await recoverFacts(volume, new Uint8Array(0x40000))).found).toEqual([])
  })

  it("is not misled by boot sectors in images of other volumes", async () => {
    const plaintext = loadFixture("ntfs-512")
    const [room] = [...freeExtents("ntfs-512")].sort((a, b) => b.length - a.length)
    // The same geometry but for the size, as that of a guest of the same system; and an exact copy, saved by somebody.
    const guest = plaintext.slice(0, 0x2000)
    new DataView(guest.buffer).setBigUint64(0x28, 4095n, true)
    const [guestAt, copyAt] = [room!.start + 0x4000, room!.start + 0x10000]
    plaintext.set(guest, guestAt)
    plaintext.set(plaintext.slice(0, 512), copyAt)
    const free = freeExtents("ntfs-512").filter((e) => e !== room)
    const rest = { start: room!.start + 0x20000, length: room!.length - 0x20000 }
    const volume = await forge(plaintext, {
      layout: "windows8",
      method: xtsAes128,
      free: [...free, rest],
      protectors: [{ kind: "startup-key" }],
    })
    const { found } = await recoverFacts(volume, damaged(volume))
    const places = found.map(({ headBackup }) => headBackup!.value.start)
    expect(places).toContain(volume.headBackup!.start)
    expect(places).not.toContain(guestAt)
    // Two that are alike are told apart by nobody: then both come out, and neither as proven.
    expect(
      found.every(({ headBackup }) => headBackup!.confidence === (found.length > 1 ? "assumed" : "proven")),
    ).toBe(true)
  })

  it("says of every fact how it is known", async () => {
    const volume = await forgeKind(KINDS[0]!, xtsAes128)
    const { best } = await recoverFacts(volume, damaged(volume))
    expect(geometryFindings(best!).map(({ text }) => text)).toMatchInlineSnapshot(`
      [
        "encryption method XTS-AES 128, proven: decrypted as XTS-AES 128, 952 of the samples have structure",
        "sector size 512 bytes, proven: the boot sector in the head says so",
        "start of the volume 0x0, proven: given, and confirmed by what decrypts there",
        "size of the volume 8388608 bytes, assumed: up to the end of the source",
        "layout of Windows 7 and later, likely: an NTFS volume with a head kept elsewhere",
        "place of the head 0x2bb000..0x2bcfff, proven: an NTFS volume of 8388096 bytes begins at 0x2bb000: 8 of its structures are where it says, and it ends where the volume does",
        "length of the head 8192 bytes, proven: that of NTFS and ReFS is always so long",
        "places of the metadata 0x2ab000, likely: the place before the head, at 0x2ab000, is empty: metadata copy 1 was there",
      ]
    `)
  })
})

describe("keysFit", () => {
  const question = (volume: ForgedVolume, keys: VolumeKeys, head?: number): GeometryQuestion => ({
    source: memorySource(volume.image),
    readings: [keys],
    crypto: nodeCrypto,
    known: { volumeStart: 0, headBackup: head },
  })

  it.each(KINDS)("tells the keys of $name from those of another volume", async (kind) => {
    const volume = await forgeKind(kind, xtsAes128)
    const stranger = await forgeKind(kind, xtsAes128, { seed: 99 })
    expect(await keysFit(question(volume, keysOf(volume)))).toBe(true)
    expect(await keysFit(question(volume, keysOf(stranger), volume.headBackup?.start))).toBe(false)
  })
})
