import { describe, expect, it } from "vitest"
import { type Extent, extent } from "../../src/extents/extent.ts"
import { recogniseFileSystem } from "../../src/filesystem/index.ts"
import { type RegionProof, type VolumeRegions, proveRegions } from "../../src/proof/index.ts"
import { type ByteSource, memorySource } from "../../src/source/index.ts"
import { FIXTURE_NAMES, fixtureFacts, freeExtents, loadFixture } from "../fixtures/fixtures.ts"
import { countingSource } from "../suites/counting-source.ts"
import { faultySource } from "../suites/faulty-source.ts"
import { randomBytes } from "../suites/random-bytes.ts"

async function prove(source: ByteSource, unreadable: readonly Extent[] = []): Promise<VolumeRegions> {
  return proveRegions(source, (await recogniseFileSystem(source))!, unreadable)
}

function regionOf({ regions }: VolumeRegions, name: RegionProof["region"]): RegionProof {
  return regions.find(({ region }) => region === name)!
}

describe.each(FIXTURE_NAMES)("%s", (name) => {
  it("is proven in every region but free space", async () => {
    const { regions } = await prove(memorySource(loadFixture(name)))
    expect(regions.length).toBeGreaterThan(2)
    const others = regions.filter(({ verdict }) => verdict !== "proven")
    expect(others.map(({ region }) => region)).toEqual(["free-space"])
    for (const { region, sampled, confidence } of regions) {
      if (region !== "free-space" && !sampled) expect(confidence, region).toBe(1)
    }
  })

  it("is proven with few reads", async () => {
    const source = countingSource(memorySource(loadFixture(name)))
    await prove(source)
    expect(source.bytesRead()).toBeLessThan(4 * 2 ** 20)
  })

  it("says of lost bytes whether a file owned them", async () => {
    const image = loadFixture(name)
    const free = freeExtents(name)[0]!
    const { clusterSize } = fixtureFacts(name)
    const lost = [extent(0, 512), extent(free.start, Math.min(free.length, clusterSize))]
    const { losses } = await prove(memorySource(image), lost)
    expect(losses).toEqual({ free: lost[1]!.length, used: 512, unknown: 0 })
  })
})

describe("damage", () => {
  it("in some FILE records lowers the confidence by just that", async () => {
    const image = loadFixture("ntfs-512")
    image.set(randomBytes(2048, 3), 0x4000 + 100 * 1024)
    image.fill(0, 0x4000 + 120 * 1024, 0x4000 + 121 * 1024)
    const table = regionOf(await prove(memorySource(image)), "file-table")
    expect(table).toMatchObject({ verdict: "damaged", right: 200, wrong: 2, zeros: 1, confidence: 0.985 })
    expect(table.sentence).toBe("200 of 203 FILE records are right, 2 wrong, 1 all zeros")
  })

  it("is noise where a sector of a table is random, and not where the file system itself was damaged", async () => {
    const record = 0x4000 + 100 * 1024
    const damaged = loadFixture("ntfs-512")
    // What chkdsk leaves of a record that it gave up, and a torn one.
    damaged.set(new TextEncoder().encode("BAAD"), record)
    damaged.fill(0, record + 1024 + 510, record + 1024 + 512)
    expect((await prove(memorySource(damaged))).noise).toEqual([])
    damaged.set(randomBytes(512, 3), record + 512)
    expect((await prove(memorySource(damaged))).noise).toEqual([extent(record, 1024)])
  })

  it("that could not be read is told, and nothing is claimed of it", async () => {
    const bad = [extent(0x4000 + 100 * 1024, 512)]
    const table = regionOf(await prove(faultySource(loadFixture("ntfs-512"), bad)), "file-table")
    expect(table).toMatchObject({ verdict: "damaged", right: 202, unreadable: 1, wrong: 0, confidence: 1 })
  })

  it("of all that lies behind the boot sector is a loss of every region", async () => {
    const image = randomBytes(8 * 2 ** 20, 9)
    image.set(loadFixture("ntfs-512").subarray(0, 8192))
    const result = await prove(memorySource(image))
    expect(regionOf(result, "file-table")).toMatchObject({ verdict: "lost", right: 0, confidence: 0 })
  })

  it("of the allocation leaves it open whose the lost bytes were", async () => {
    const image = loadFixture("ntfs-512")
    image.fill(0, 0x4000 + 6 * 1024, 0x4000 + 7 * 1024)
    const { losses } = await prove(memorySource(image), [extent(0, 512)])
    expect(losses).toEqual({ free: 0, used: 0, unknown: 512 })
  })
})

describe("what was only sampled", () => {
  it("never claims to be all right", async () => {
    const allocation = regionOf(await prove(memorySource(loadFixture("fat32"))), "allocation")
    expect(allocation.sampled).toBe(true)
    expect(allocation.verdict).toBe("proven")
    expect(allocation.confidence).toBeGreaterThan(0)
    expect(allocation.confidence).toBeLessThan(1)
    expect(allocation.sentence).toMatch(/^of a sample, \d+ of \d+ sectors of the FAT are right$/)
  })
})
