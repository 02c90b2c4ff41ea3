/** Partition tables: of other tools, of our own making, damaged, truncated, and of garbage. */
import { readFileSync, truncateSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import * as fc from "fast-check"
import { afterAll, describe, expect, it } from "vitest"
import { type Extent, extent } from "../../src/extents/extent.ts"
import { type PartitionTable, readPartitionTables } from "../../src/partition/index.ts"
import { memorySource } from "../../src/source/index.ts"
import { countingSource } from "../suites/counting-source.ts"
import { faultySource } from "../suites/faulty-source.ts"
import { diskOf, gptPieces, mbrPieces, mbrSector } from "../suites/partition-writer.ts"
import { randomBytes } from "../suites/random-bytes.ts"
import { requirement } from "../suites/requirements.ts"
import { sparseSource } from "../suites/sparse-source.ts"
import { forThisTest, hasLoopDevices, loopDevice, run, temporaryFolder } from "../suites/system.ts"
import { requireTools } from "../suites/tools.ts"

const MIB = 1 << 20
const SIZE = 16 * MIB
const WINDOWS_DATA = "EBD0A0A2-B9E5-4433-87C0-68B6B72699C7"
const partitions = [
  { extent: extent(1 * MIB, 4 * MIB), type: WINDOWS_DATA, name: "Basic data partition" },
  { extent: extent(5 * MIB, 10 * MIB), type: WINDOWS_DATA },
]
const primary = [{ extent: extent(1 * MIB, 2 * MIB), type: "0x07" }]
const logical = [
  { extent: extent(4 * MIB, 2 * MIB), type: "0x07" },
  { extent: extent(7 * MIB, 1 * MIB), type: "0x83" },
  { extent: extent(9 * MIB, 4 * MIB), type: "0x0c" },
]

const tablesOf = (disk: Uint8Array, sectorSize?: number): Promise<PartitionTable[]> =>
  readPartitionTables(memorySource(disk, sectorSize))
const placesOf = (table: PartitionTable | undefined): Extent[] | undefined =>
  table?.partitions.map((partition) => partition.extent)
const codesOf = (table: PartitionTable | undefined): string[] | undefined =>
  table?.findings.map(({ code }) => code)

describe.each([512, 4096])("a table in sectors of %i bytes", (sectorSize) => {
  // An image says 512 whatever its disk had, and a device may say either.
  it.each([512, 4096])("is read by itself from a source that says %i: GPT", async (said) => {
    const tables = await tablesOf(diskOf(SIZE, gptPieces(SIZE, sectorSize, partitions)), said)
    expect(tables).toHaveLength(1)
    expect(tables[0]).toMatchObject({ kind: "gpt", sectorSize, intact: true, findings: [] })
    expect(placesOf(tables[0])).toEqual(partitions.map((p) => p.extent))
    expect(tables[0]!.partitions[0]).toEqual({
      index: 1,
      extent: partitions[0]!.extent,
      declared: partitions[0]!.extent,
      type: WINDOWS_DATA,
      name: "Basic data partition",
      guid: "00000000-0000-0000-0000-000000000001",
    })
  })

  it("is read with its logical partitions: MBR", async () => {
    const tables = await tablesOf(diskOf(SIZE, mbrPieces(sectorSize, primary, logical)), sectorSize)
    const table = tables.find((t) => t.sectorSize === sectorSize)
    expect(table).toMatchObject({ kind: "mbr", intact: true, findings: [] })
    expect(table!.partitions.map(({ index, extent, type }) => ({ index, extent, type }))).toEqual([
      { index: 1, ...primary[0]! },
      ...logical.map((partition, i) => ({ index: 5 + i, ...partition })),
    ])
    expect(tables[0]).toBe(table)
  })

  it("is read beyond 2, 4, 16 and 32 TiB: GPT", async () => {
    const TIB = 2 ** 40
    const far = [2, 4, 16, 32].map((n) => ({ extent: extent(n * TIB - MIB, 2 * MIB), type: WINDOWS_DATA }))
    const size = 33 * TIB
    const [table] = await readPartitionTables(sparseSource(size, gptPieces(size, sectorSize, far)))
    expect(table!.intact).toBe(true)
    expect(placesOf(table)).toEqual(far.map((p) => p.extent))
  })
})

describe("a damaged GPT", () => {
  const pieces = gptPieces(SIZE, 512, partitions)
  const [, header, array, , backup] = pieces
  const places = partitions.map((p) => p.extent)

  function damaged(...positions: number[]): Uint8Array {
    const disk = diskOf(SIZE, pieces)
    for (const at of positions) disk[at]! ^= 0xff
    return disk
  }

  it.each([
    ["its signature", header!.at, "gpt-primary-missing"],
    ["its header", header!.at + 56, "gpt-primary-damaged"],
    ["its entries", array!.at + 40, "gpt-primary-damaged"],
  ])("is read from the backup: %s", async (_, at, code) => {
    const [table, ...more] = await tablesOf(damaged(at))
    expect(more).toEqual([])
    expect(table!.intact).toBe(true)
    expect(placesOf(table)).toEqual(places)
    expect(codesOf(table)).toEqual([code])
  })

  it("needs no backup", async () => {
    const [table] = await tablesOf(damaged(backup!.at))
    expect(table).toMatchObject({ intact: true })
    expect(placesOf(table)).toEqual(places)
    expect(codesOf(table)).toEqual(["gpt-backup-missing"])
  })

  it("is read with its sums wrong when there is nothing better", async () => {
    const [table] = await tablesOf(damaged(header!.at + 56, backup!.at))
    expect(table!.intact).toBe(false)
    expect(placesOf(table)).toEqual(places)
    expect(codesOf(table)).toContain("gpt-header-crc-wrong")
  })

  it("is read twice when the copies differ", async () => {
    const other = gptPieces(SIZE, 512, partitions.slice(0, 1))
    const tables = await tablesOf(diskOf(SIZE, [...pieces.slice(0, 3), ...other.slice(3)]))
    expect(tables.map(placesOf)).toEqual([places, places.slice(0, 1)])
  })

  it("is missed when only the MBR that stands for it is left", async () => {
    const [table, ...more] = await tablesOf(damaged(header!.at, backup!.at))
    expect(more).toEqual([])
    expect(table).toMatchObject({ kind: "mbr", partitions: [] })
    expect(codesOf(table)).toEqual(["mbr-protective"])
  })

  it("survives unreadable sectors", async () => {
    const disk = diskOf(SIZE, pieces)
    const [table] = await readPartitionTables(faultySource(disk, [extent(0, 4096)]))
    expect(placesOf(table)).toEqual(places)
  })

  it("is read from an image in a longer file, by the place that the header names", async () => {
    const disk = damaged(array!.at + 40)
    const longer = new Uint8Array(SIZE + 3 * MIB)
    longer.set(disk)
    const [table] = await tablesOf(longer)
    expect(table!.intact).toBe(true)
    expect(placesOf(table)).toEqual(places)
  })
})

describe("a truncated image", () => {
  it("clips partitions to what is there, and says so", async () => {
    const disk = diskOf(SIZE, gptPieces(SIZE, 512, partitions)).subarray(0, 8 * MIB)
    const [table] = await tablesOf(disk)
    expect(table!.intact).toBe(false)
    expect(placesOf(table)).toEqual([partitions[0]!.extent, extent(5 * MIB, 3 * MIB)])
    expect(table!.partitions[1]!.declared).toEqual(partitions[1]!.extent)
    expect(codesOf(table)).toEqual(["partition-past-end", "gpt-backup-missing"])
  })

  it("keeps a partition of which nothing is there", async () => {
    const disk = diskOf(SIZE, gptPieces(SIZE, 512, partitions)).subarray(0, 3 * MIB)
    const [table] = await tablesOf(disk)
    expect(placesOf(table)).toEqual([extent(1 * MIB, 2 * MIB), extent(3 * MIB, 0)])
  })

  it("ends the chain of logical partitions where the image ends", async () => {
    const [table] = await tablesOf(diskOf(SIZE, mbrPieces(512, primary, logical)).subarray(0, 5 * MIB))
    expect(placesOf(table)).toEqual([primary[0]!.extent, extent(4 * MIB, 1 * MIB)])
    expect(codesOf(table)).toEqual(["mbr-chain-broken", "partition-past-end"])
  })
})

describe("an MBR", () => {
  it("whose chain of logical partitions is a loop ends all the same", async () => {
    const link = { extent: extent(4 * MIB, MIB), type: "0x05" }
    const disk = diskOf(SIZE, [
      { at: 0, bytes: mbrSector(512, [link]) },
      { at: 4 * MIB, bytes: mbrSector(512, [primary[0]!, link], [0, 4 * MIB]) },
    ])
    const table = (await tablesOf(disk)).find((t) => t.sectorSize === 512)
    expect(table!.partitions).toHaveLength(1)
    expect(codesOf(table)).toEqual(["mbr-chain-broken"])
  })

  it("beside a GPT is a table of its own when it names partitions", async () => {
    const [, ...gpt] = gptPieces(SIZE, 512, partitions)
    const protective = { extent: extent(512, MIB - 512), type: "0xee" }
    const hybrid = {
      at: 0,
      bytes: mbrSector(512, [protective, { extent: partitions[0]!.extent, type: "0x07" }]),
    }
    const tables = await tablesOf(diskOf(SIZE, [hybrid, ...gpt]))
    expect(tables.slice(0, 2).map((t) => [t.kind, placesOf(t)])).toEqual([
      ["gpt", partitions.map((p) => p.extent)],
      ["mbr", [partitions[0]!.extent]],
    ])
  })

  it("keeps overlapping partitions", async () => {
    const both = [
      { extent: extent(MIB, 4 * MIB), type: "0x07" },
      { extent: extent(2 * MIB, MIB), type: "0x07" },
    ]
    const [table] = await tablesOf(diskOf(SIZE, mbrPieces(512, both)))
    expect(placesOf(table)).toEqual(both.map((p) => p.extent))
  })

  it("is not the boot sector of a volume, nor nothing", async () => {
    const volume = randomBytes(SIZE)
    volume.set([0x55, 0xaa], 510)
    expect(await tablesOf(volume)).toEqual([])
    expect(await tablesOf(new Uint8Array(SIZE))).toEqual([])
    expect(await tablesOf(new Uint8Array(100))).toEqual([])
    expect(await tablesOf(new Uint8Array(0))).toEqual([])
  })
})

describe("what stands on a disk", () => {
  const templates = [
    diskOf(2 * MIB, gptPieces(2 * MIB, 512, [{ extent: extent(MIB, MIB / 2), type: WINDOWS_DATA }])),
    diskOf(2 * MIB, gptPieces(2 * MIB, 4096, [{ extent: extent(MIB, MIB / 2), type: WINDOWS_DATA }])),
    diskOf(2 * MIB, mbrPieces(512, [], [{ extent: extent(MIB, 4096), type: "0x07" }])),
    new Uint8Array(2 * MIB),
  ]
  /** Where tables are: most bytes elsewhere change nothing. */
  const position = fc.oneof(
    fc.integer({ min: 440, max: 700 }),
    fc.nat(20_000),
    fc.nat(2 * MIB - 1),
    fc.constant(MIB - 50),
  )
  const change = fc.tuple(position, fc.oneof(fc.constantFrom(0, 0xff, 0x05, 0x80), fc.nat(255)))

  it("never makes the reader fail, nor read more than 2 MiB", async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(3), fc.array(change, { maxLength: 40 }), async (template, changes) => {
        const disk = templates[template]!.slice()
        for (const [at, value] of changes) disk[at] = value
        const source = countingSource(memorySource(disk))
        for (const table of await readPartitionTables(source)) {
          for (const { extent } of table.partitions) {
            expect(extent.start).toBeGreaterThanOrEqual(0)
            expect(extent.start + extent.length).toBeLessThanOrEqual(disk.length)
          }
        }
        expect(source.bytesRead()).toBeLessThan(2 * MIB)
      }),
      { numRuns: process.env.SLOW ? 5000 : 200 },
    )
  })
})

const canSfdisk = requireTools("sfdisk")
const canSgdisk = requireTools("sgdisk")
const canLoop = requirement("loop devices, as root", hasLoopDevices)

describe("tables of other tools", () => {
  const folder = temporaryFolder()
  afterAll(folder.dispose)

  function emptyDisk(): string {
    const path = join(folder.path, "disk")
    writeFileSync(path, "")
    truncateSync(path, 64 * MIB)
    return path
  }

  interface SfdiskTable {
    partitiontable: {
      partitions: { node: string; start: number; size: number; type: string; uuid?: string; name?: string }[]
    }
  }

  /** The table as sfdisk reads it. */
  function asSfdiskSees(path: string, sectorSize: number): object[] {
    const { partitiontable } = JSON.parse(run("sfdisk", "--json", path)) as SfdiskTable
    return partitiontable.partitions
      .map(({ node, start, size, type, uuid, name }) => ({
        index: Number(/\d+$/.exec(node)![0]),
        extent: extent(start * sectorSize, size * sectorSize),
        declared: extent(start * sectorSize, size * sectorSize),
        type: type.length > 2 ? type : `0x${type.padStart(2, "0")}`,
        ...(uuid !== undefined && { guid: uuid }),
        ...(name !== undefined && { name }),
      }))
      .filter(({ type }) => !["0x05", "0x0f"].includes(type))
  }

  it.skipIf(!canSfdisk).each([
    ["dos", "1MiB,4MiB,7\n,5MiB,c\n,40MiB,E\n,5MiB,7\n,6MiB,83\n,7MiB,7\n"],
    ["gpt", 'size=4MiB,name="EFI system",type=U\nsize=3MiB,name="größer – 大"\nsize=20MiB\n'],
  ])("are read as sfdisk reads them: %s", async (label, wanted) => {
    const path = emptyDisk()
    const script = join(folder.path, "script")
    writeFileSync(script, `label: ${label}\n${wanted}`)
    run("sh", "-c", `sfdisk --quiet ${path} < ${script}`)
    const [table] = await tablesOf(readFileSync(path))
    expect(table).toMatchObject({ kind: label === "dos" ? "mbr" : "gpt", sectorSize: 512, intact: true })
    expect(table!.partitions).toEqual(asSfdiskSees(path, 512))
    expect(table!.partitions.length).toBeGreaterThanOrEqual(3)
  })

  it.skipIf(!canLoop || !canSgdisk || !canSfdisk)(
    "are read as sgdisk wrote them on a 4Kn device",
    async () => {
      const path = emptyDisk()
      const loop = forThisTest(loopDevice(path, 4096))
      run(
        "sgdisk",
        "--clear",
        "--new=1:0:+10M",
        "--typecode=1:0700",
        "--new=7:0:+20M",
        "--change-name=7:data",
        loop.path,
      )
      const [table] = await tablesOf(readFileSync(path))
      expect(table).toMatchObject({ kind: "gpt", sectorSize: 4096, intact: true })
      expect(table!.partitions).toEqual(asSfdiskSees(loop.path, 4096))
      expect(table!.partitions.map(({ index }) => index)).toEqual([1, 7])
    },
  )
})
