import { describe, expect, it } from "vitest"
import { toHex } from "../../src/bytes/hex.ts"
import { type FileSystem, recogniseFileSystem } from "../../src/filesystem/index.ts"
import { memorySource, sliceSource } from "../../src/source/index.ts"
import { extent } from "../../src/extents/extent.ts"
import { FIXTURE_NAMES, type FixtureName, fixtureFacts, loadFixture } from "../fixtures/fixtures.ts"
import { countingSource } from "../suites/counting-source.ts"
import { faultySource } from "../suites/faulty-source.ts"
import { randomBytes } from "../suites/random-bytes.ts"
import { requireTools, runTool, withFile } from "../suites/tools.ts"

const NTFS = ["ntfs-512", "ntfs-4096", "sample"] as const
const FAT = ["fat12", "fat16", "fat32"] as const

const recognise = (bytes: Uint8Array): Promise<FileSystem | undefined> =>
  recogniseFileSystem(memorySource(bytes))

/** `right mft-record`, each once. */
function outcomes(fileSystem: FileSystem | undefined): string[] {
  return [...new Set(fileSystem?.checks.map(({ name, outcome }) => `${outcome} ${name}`))].sort()
}

describe("recogniseFileSystem", () => {
  it.each(FIXTURE_NAMES)("knows %s and all that the golden file says of it", async (name) => {
    const { files: _files, free: _free, size, ...facts } = fixtureFacts(name)
    const found = await recognise(loadFixture(name))
    expect(found).toMatchObject({ ...facts, bootSectorAt: 0 })
    expect(found!.checks.every(({ outcome }) => outcome === "right")).toBe(true)
    // NTFS leaves the last sector of its partition to the backup boot sector.
    expect(found!.sizeBytes).toBe(facts.type === "ntfs" ? size - facts.sectorSize : size)
  })

  it.each(FIXTURE_NAMES)("looks at little of %s", async (name) => {
    const source = countingSource(memorySource(loadFixture(name)))
    await recogniseFileSystem(source)
    expect(source.bytesRead()).toBeLessThan(128 * 1024)
  })

  it("finds nothing in zeros, in random bytes and in sources too short for a sector", async () => {
    for (const length of [0, 1, 511, 512, 4096, 1 << 20]) {
      expect(await recognise(new Uint8Array(length))).toBeUndefined()
      expect(await recognise(randomBytes(length))).toBeUndefined()
    }
  })

  it.each([
    ["ntfs-512", 8 * 1024 * 1024 - 512],
    ["ntfs-4096", 8 * 1024 * 1024 - 4096],
    ["fat32", 6 * 512],
    ["exfat", 12 * 512],
  ] as const)("finds %s by its backup boot sector when the first one is lost", async (name, at) => {
    const image = loadFixture(name).fill(0, 0, 512)
    const { type, serial, label } = fixtureFacts(name)
    const found = await recognise(image)
    expect(found).toMatchObject({ type, serial, label, bootSectorAt: at })
    expect(found!.checks[0]).toMatchObject({ name: "boot-sector", at: 0 })
  })

  it("does not take a boot sector at the end of an image for a backup when nothing is where it points", async () => {
    const image = new Uint8Array(8 * 1024 * 1024)
    image.set(loadFixture("ntfs-512").subarray(0, 512), image.length - 512)
    expect(await recognise(image)).toBeUndefined()
  })

  it("says of an image that ends early what lies beyond its end", async () => {
    const source = memorySource(loadFixture("ntfs-512"))
    const found = await recogniseFileSystem(sliceSource(source, extent(0, 0x10000)))
    expect(found).toMatchObject({ serial: "89AB-CDEF", label: "Harbour 512" })
    expect(outcomes(found)).toEqual([
      "beyond-end backup-boot-sector",
      "beyond-end mft-mirror-record",
      "right mft-record",
    ])
  })

  it("reads the label from $MFTMirr where $MFT is unreadable", async () => {
    const found = await recogniseFileSystem(faultySource(loadFixture("ntfs-512"), [extent(0x4000, 0x1000)]))
    expect(found).toMatchObject({ label: "Harbour 512" })
    expect(outcomes(found)).toContain("unreadable mft-record")
  })

  it.each(FAT)(
    "reads the label of %s from the boot sector where the root directory has none",
    async (name) => {
      const image = loadFixture(name)
      const root = (await recognise(image))!.checks.find((check) => check.name === "root-directory")!
      image[root.at] = 0
      expect((await recognise(image))?.label).toBe(fixtureFacts(name).label)
    },
  )

  it.each([
    ["ntfs-512", 0x4000 + 510, "mft-record"],
    ["ntfs-512", 0x3ff000, "mft-mirror-record"],
    ["ntfs-512", 8 * 1024 * 1024 - 1, "backup-boot-sector"],
    ["fat16", 0x800, "fat-head"],
    ["fat32", 0x4004, "fat-head"],
    ["fat32", 0x200, "fs-info"],
    ["fat32", 0xc10, "backup-boot-sector"],
    ["exfat", 0x1ff, "boot-checksum"],
    ["exfat", 0x1a00, "backup-boot-checksum"],
    ["exfat", 0x100000, "fat-head"],
    ["exfat", 0x203020, "root-directory"],
  ] as const)("sees one wrong byte in %s at %i: %s", async (name, at, check) => {
    const image = loadFixture(name)
    image[at]! ^= 0x40
    const found = await recognise(image)
    expect(outcomes(found)).toContain(`wrong ${check}`)
  })

  it.each(["fat12", "fat16", "fat32", "exfat"] as const)(
    "makes no label of the noise where the root of %s was",
    async (name) => {
      const image = loadFixture(name)
      const root = (await recognise(image))!.checks.find((check) => check.name === "root-directory")!
      image.set(randomBytes(root.length, 7), root.at)
      const found = await recognise(image)
      expect(outcomes(found)).toContain("wrong root-directory")
      expect(found!.label).toBe(name === "exfat" ? undefined : fixtureFacts(name).label)
    },
  )

  it("does not take an exFAT volume in use for a damaged one", async () => {
    const image = loadFixture("exfat")
    // VolumeFlags and PercentInUse change with every mount; the checksum leaves them out.
    image[106]! ^= 0x02
    image[112]! ^= 0x11
    expect(outcomes(await recognise(image))).toContain("right boot-checksum")
  })

  it("does not take a FAT volume that was not unmounted for a damaged one", async () => {
    const image = loadFixture("fat32")
    image[0x4007]! &= 0xf7
    expect(outcomes(await recognise(image))).not.toContain("wrong fat-head")
  })
})

describe("other tools see the same", () => {
  const asked = <T>(name: FixtureName, ask: (path: string) => T): T => withFile(loadFixture(name), ask)

  describe.skipIf(!requireTools("ntfsinfo"))("ntfsinfo", () => {
    it.each(NTFS)("%s: cluster size, $MFT and label", async (name) => {
      const text = asked(name, (path) => runTool("ntfsinfo", "-m", path)).toString()
      const found = (await recognise(loadFixture(name)))!
      const figure = (label: string): string => new RegExp(`${label}: (.*)`).exec(text)![1]!
      expect(figure("Volume Name")).toBe(found.label)
      expect(Number(figure("Sector Size"))).toBe(found.sectorSize)
      expect(Number(figure("Cluster Size"))).toBe(found.clusterSize)
      expect(Number(figure("LCN of Data Attribute for FILE_MFT")) * found.clusterSize).toBe(
        found.checks[0]!.at,
      )
    })
  })

  describe.skipIf(!requireTools("blkid"))("blkid", () => {
    it.each(FIXTURE_NAMES)("%s: type, serial number and label", async (name) => {
      const tag = (key: string): string =>
        asked(name, (path) => runTool("blkid", "--probe", "-o", "value", "-s", key, path))
          .toString()
          .trim()
      const found = (await recognise(loadFixture(name)))!
      expect(tag("TYPE")).toBe(found.type.startsWith("fat") ? "vfat" : found.type)
      expect(tag("UUID")).toBe(found.fullSerial ?? found.serial)
      expect(tag("LABEL")).toBe(found.label)
    })
  })

  describe.skipIf(!requireTools("fsck.fat"))("fsck.fat", () => {
    it.each(FAT)("%s: sectors, clusters and the number of bits", async (name) => {
      const text = asked(name, (path) => runTool("fsck.fat", "-n", "-v", path)).toString()
      const found = (await recognise(loadFixture(name)))!
      const figure = (pattern: RegExp): number => Number(pattern.exec(text)![1])
      expect(figure(/(\d+) bytes per logical sector/)).toBe(found.sectorSize)
      expect(figure(/(\d+) bytes per cluster/)).toBe(found.clusterSize)
      expect(figure(/(\d+) sectors total/) * found.sectorSize).toBe(found.sizeBytes)
      expect(`fat${figure(/(\d+) bit entries/)}`).toBe(found.type)
    })
  })

  describe.skipIf(!requireTools("dump.exfat"))("dump.exfat", () => {
    it("exfat: serial number, label and sizes", async () => {
      const text = asked("exfat", (path) => runTool("dump.exfat", path)).toString()
      const found = (await recognise(loadFixture("exfat")))!
      const figure = (label: string): string => new RegExp(`${label}:\\s+(.*)`).exec(text)![1]!
      expect(figure("Volume Serial")).toBe(`0x${found.serial.replace("-", "").toLowerCase()}`)
      expect(figure("Volume label")).toBe(found.label)
      expect(Number(figure("Volume Length\\(sectors\\)")) * found.sectorSize).toBe(found.sizeBytes)
    })
  })
})

describe("ReFS", () => {
  /** First 64 bytes of real boot sectors; the rest of such a sector is zeros. */
  const VECTORS = [
    {
      // resilientfilesystem.co.uk, "ReFS VBR": Windows Server 2012, version 1.1
      head:
        "00000052654653000000000000000000465352530002" +
        "33c2" +
        "00009e0000000000" +
        "0002000080000000" +
        "01010000000000000000000000000000" +
        "041c55c45655c434",
      facts: { sizeBytes: 0x9e0000 * 512, serial: "C455-1C04", fullSerial: "34C45556C4551C04" },
    },
    {
      // ntfs.com, "ReFS Boot Sector example": version 1.2
      head:
        "00000052654653000000000000000000465352530002" +
        "ffdd" +
        "0000383a00000000" +
        "0002000080000000" +
        "010200000a0000000000000000000000" +
        "28e86f9409709418",
      facts: { sizeBytes: 0x3a380000 * 512, serial: "946F-E828", fullSerial: "18947009946FE828" },
    },
  ]

  const sectorOf = (head: string): Uint8Array => {
    const sector = new Uint8Array(4096)
    sector.set(Buffer.from(head, "hex"))
    return sector
  }

  it.each(VECTORS)("knows the volume $facts.serial and its checksum", async ({ head, facts }) => {
    const sector = sectorOf(head)
    expect(toHex(sector.subarray(0, 64))).toBe(head)
    const found = await recognise(sector)
    expect(found).toMatchObject({ type: "refs", sectorSize: 512, clusterSize: 65536, ...facts })
    expect(outcomes(found)).toEqual(["right boot-checksum"])
  })

  it("sees one wrong byte by the checksum", async () => {
    const sector = sectorOf(VECTORS[0]!.head)
    sector[0x3f]! ^= 1
    expect(outcomes(await recognise(sector))).toEqual(["wrong boot-checksum"])
  })
})
