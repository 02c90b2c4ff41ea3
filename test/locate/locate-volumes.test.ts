/** Looking at the usual places finds most damaged volumes, and reads little whatever is there. */
import { beforeAll, describe, expect, it } from "vitest"
import { endOf, extent } from "../../src/extents/extent.ts"
import { metadataBlockParts, parseMetadataBlock, serializeMetadataBlock } from "../../src/fve/index.ts"
import { locateVolumes, needsScan, startOf, volumeAt } from "../../src/locate/index.ts"
import { memorySource } from "../../src/source/index.ts"
import type { ForgedVolume } from "../forge/forge.ts"
import { countingSource } from "../suites/counting-source.ts"
import { gptPieces } from "../suites/partition-writer.ts"
import { sparseSource } from "../suites/sparse-source.ts"
import { FIRST_SECTOR, MIB, blocksOf, diskWith, makeVolume, mbrOf, wiped } from "./scene.ts"

const START = 2 * MIB
const DISK = 12 * MIB
const BASIC_DATA = "EBD0A0A2-B9E5-4433-87C0-68B6B72699C7"

let volume: ForgedVolume
beforeAll(async () => {
  volume = await makeVolume()
})

const partitioned = (bytes: Uint8Array) =>
  memorySource(diskWith(DISK, [{ at: START, bytes }, mbrOf(START, volume.size)]))

describe("the usual places", () => {
  it("are not looked at where boot sector and copies agree", async () => {
    const source = countingSource(partitioned(volume.image))
    const places = await locateVolumes(source)
    expect(places).toMatchObject([
      { extent: extent(START, volume.size), where: "MBR partition 1", standing: "current" },
    ])
    expect(places[0]!.traces.copies).toHaveLength(3)
    expect(source.bytesRead()).toBeLessThan(1.5 * MIB)
  })

  it.each([
    ["whose boot sector is zeros", (image: Uint8Array) => wiped(image, FIRST_SECTOR)],
    ["that was formatted over", (image: Uint8Array) => formatted(image)],
    ["whose boot sector names wrong places", (image: Uint8Array) => misled(image)],
  ])("give the volume %s", async (_, damage) => {
    const places = await locateVolumes(partitioned(damage(volume.image)))
    expect(places.map(startOf)).toEqual([START])
    expect(places[0]!.metadataOffsets).toEqual(volume.metadataOffsets)
    expect(places[0]!.traces.copies).toHaveLength(3)
  })

  it("give the volume of an image without table and boot sector", async () => {
    const places = await locateVolumes(memorySource(wiped(volume.image, FIRST_SECTOR)))
    expect(places).toMatchObject([{ extent: extent(0, volume.size), where: "the whole input" }])
    expect(places[0]!.boot).toBeUndefined()
  })

  it("give the volume that starts a little beside its partition", async () => {
    const start = START + 8 * 512
    const disk = diskWith(DISK, [{ at: start, bytes: volume.image }, mbrOf(START, volume.size + MIB)])
    const places = await locateVolumes(memorySource(disk))
    expect(startOf(places[0]!)).toBe(start)
    expect(places[0]!.boot).toBeDefined()
  })

  it("do not turn up remains in a partition with a file system, beside a volume that is whole", async () => {
    const second = { at: 6 * MIB, bytes: formatted(volume.image) }
    const partitions = [START, second.at].map((start) => ({
      extent: extent(start, volume.size),
      type: BASIC_DATA,
    }))
    const table = gptPieces(DISK, 512, partitions)
    const disk = diskWith(DISK, [{ at: START, bytes: volume.image }, second, ...table])
    const places = await locateVolumes(memorySource(disk))
    expect(places.map(startOf)).toEqual([START])
  })

  it("are read in less than 64 MiB of the largest disk with many partitions", async () => {
    const TIB = 2 ** 40
    const partitions = Array.from({ length: 100 }, (_, i) => ({
      extent: extent((i + 1) * 0.2 * TIB - (((i + 1) * 0.2 * TIB) % MIB), 100 * 1024 * MIB),
      type: BASIC_DATA,
    }))
    const size = endOf(partitions.at(-1)!.extent) + MIB
    const source = countingSource(sparseSource(size, gptPieces(size, 512, partitions)))
    expect(await locateVolumes(source)).toEqual([])
    expect(source.bytesRead()).toBeLessThan(64 * MIB)
  })

  it("tell a large volume by its copy 1", async () => {
    const GIB = 1024 * MIB
    const copyOffsets = [0x2195000n, 0x2000000000n, 0x3000000000n]
    const parts = metadataBlockParts(parseMetadataBlock(blocksOf(volume)[0]!.bytes)!)
    const header = { ...parts.header, copyOffsets, watermark: BigInt(499 * GIB) }
    const bytes = serializeMetadataBlock({ ...parts, header })
    const large = sparseSource(500 * GIB, [mbrOf(MIB, 499 * GIB), { at: MIB + 0x2195000, bytes }])
    const places = await locateVolumes(large)
    expect(places).toMatchObject([{ extent: extent(MIB, 499 * GIB), where: "MBR partition 1" }])
    expect(places[0]!.metadataOffsets).toEqual(copyOffsets.map(Number))
  })
})

it("a scan is worth it where copies or the start are not known, and not where they are", async () => {
  const verdict = async (image: Uint8Array): Promise<boolean> =>
    needsScan(await locateVolumes(partitioned(image)))
  const [first, ...others] = volume.metadataOffsets.map((offset) => extent(offset, 0x10000))
  expect(await verdict(volume.image)).toBe(false)
  expect(await verdict(wiped(volume.image, FIRST_SECTOR, ...others))).toBe(false)
  expect(await verdict(wiped(volume.image, first!, ...others))).toBe(true)
  expect(await verdict(wiped(volume.image, extent(0, volume.size)))).toBe(true)
})

describe("a place that somebody names", () => {
  it("is a volume with and without its boot sector", async () => {
    for (const image of [volume.image, wiped(volume.image, FIRST_SECTOR)]) {
      const source = memorySource(diskWith(DISK, [{ at: START + 512, bytes: image }]))
      const place = await volumeAt(source, START + 512, volume.size)
      expect(place).toMatchObject({
        extent: extent(START + 512, volume.size),
        where: "the offset that was given",
      })
      expect(await volumeAt(source, START + 1024)).toBeUndefined()
    }
  })

  it("may begin before the input, and ends where its structures say", async () => {
    const missing = MIB / 2
    const source = memorySource(volume.image.subarray(missing))
    for (const size of [volume.size, undefined]) {
      const place = await volumeAt(source, -missing, size)
      expect(place).toMatchObject({ extent: extent(0, volume.size - missing), missingHead: missing })
      expect(startOf(place!)).toBe(-missing)
    }
    expect(await volumeAt(source, -missing - 512)).toBeUndefined()
  })

  it("keeps the size that was given, cut where the input ends", async () => {
    const source = memorySource(diskWith(DISK, [{ at: 10 * MIB, bytes: volume.image }]))
    const place = await volumeAt(source, 10 * MIB, volume.size)
    expect(place).toMatchObject({ extent: extent(10 * MIB, 2 * MIB), fullSize: volume.size })
  })
})

/** A boot sector of NTFS in the first sector, as a quick format leaves it. */
function formatted(image: Uint8Array): Uint8Array {
  const copy = wiped(image, FIRST_SECTOR)
  copy.set(Buffer.from("\xeb\x52\x90NTFS    ", "latin1"))
  copy.set([0x55, 0xaa], 510)
  return copy
}

function misled(image: Uint8Array): Uint8Array {
  const copy = image.slice()
  new DataView(copy.buffer).setBigUint64(0xb0, 0x777000n, true)
  new DataView(copy.buffer).setBigUint64(0xb8, 0x888000n, true)
  new DataView(copy.buffer).setBigUint64(0xc0, 0x999000n, true)
  return copy
}
