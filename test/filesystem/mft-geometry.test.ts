/** The geometry that $MFT tells of itself, against the boot sectors of volumes that mkntfs made. */
import { describe, expect, it } from "vitest"
import { findMftGeometry, readNtfsBootSector } from "../../src/filesystem/index.ts"
import { memorySource } from "../../src/source/index.ts"
import { type FixtureName, loadFixture } from "../fixtures/fixtures.ts"
import { randomBytes } from "../suites/random-bytes.ts"

const NTFS: readonly FixtureName[] = ["ntfs-512", "ntfs-4096", "sample"]

describe("findMftGeometry", () => {
  it.each(NTFS)("%s: tells what the boot sector says", async (name) => {
    const image = loadFixture(name)
    const boot = readNtfsBootSector(image)!
    const found = await findMftGeometry(memorySource(image))
    expect(found).toMatchObject({ clusterSize: boot.clusterSize, recordSize: boot.recordSize })
    expect(found!.mftLcn * boot.clusterSize).toBe(boot.mftAt)
    expect(found!.mirrorLcn! * boot.clusterSize).toBe(boot.mirrorAt)
    expect(found!.clusterCount).toBe(Math.floor(boot.sizeBytes / boot.clusterSize))
    expect(found!.indexBlockSize).toBe(4096)
  })

  it.each(NTFS)("%s: finds one of both tables when the other is gone", async (name) => {
    const boot = readNtfsBootSector(loadFixture(name))!
    for (const [gone, stays] of [
      [boot.mftAt, boot.mirrorAt],
      [boot.mirrorAt, boot.mftAt],
    ] as const) {
      const image = loadFixture(name)
      image.fill(0, 0, 8192)
      image.fill(0, gone, gone + 4 * boot.recordSize)
      const found = await findMftGeometry(memorySource(image))
      expect(found).toMatchObject({ foundAt: stays, clusterSize: boot.clusterSize })
      expect(found!.mirrorLcn! * boot.clusterSize).toBe(boot.mirrorAt)
    }
  })

  it("finds nothing in noise", async () => {
    expect(await findMftGeometry(memorySource(randomBytes(0x40000, 3)))).toBeUndefined()
  })
})
