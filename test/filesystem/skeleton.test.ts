/** The skeletons of volumes that other people's tools made: where they lie, what is judged right, and what is free. */
import { describe, expect, it } from "vitest"
import { contains } from "../../src/extents/extent.ts"
import {
  type Skeleton,
  type Structure,
  recogniseFileSystem,
  structureExtents,
  surveySkeleton,
} from "../../src/filesystem/index.ts"
import { type ByteSource, memorySource } from "../../src/source/index.ts"
import {
  FIXTURE_NAMES,
  type FixtureName,
  fixtureFacts,
  freeExtents,
  loadFixture,
} from "../fixtures/fixtures.ts"
import { countingSource } from "../suites/counting-source.ts"
import { faultySource } from "../suites/faulty-source.ts"
import { randomBytes } from "../suites/random-bytes.ts"

const MIB = 2 ** 20

async function survey(source: ByteSource): Promise<Skeleton> {
  return (await surveySkeleton(source, (await recogniseFileSystem(source))!))!
}

async function judge(bytes: Uint8Array): Promise<readonly Structure[]> {
  return (await (await survey(memorySource(bytes))).judge()).structures
}

/** `folders right`, each once, with its count. */
function tally(structures: readonly Structure[]): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const { region, outcome } of structures) {
    counts[`${region} ${outcome}`] = (counts[`${region} ${outcome}`] ?? 0) + 1
  }
  return counts
}

describe.each(FIXTURE_NAMES)("the skeleton of %s", (name) => {
  it("is right in every structure, heads of files included", async () => {
    const structures = await judge(loadFixture(name))
    expect(structures.filter(({ outcome }) => outcome !== "right")).toEqual([])
    const heads = structures.filter(({ region }) => region === "file-heads")
    // Pictures are resident, compressed or too small for a cluster of their own in some volumes: never more than there are.
    expect(heads.length).toBeLessThanOrEqual(
      fixtureFacts(name).files.filter(({ path }) => path.endsWith("png")).length,
    )
  })

  it("lies outside of what is free, and is found with few reads", async () => {
    const source = countingSource(memorySource(loadFixture(name)))
    const extents = await structureExtents(source)
    expect(source.bytesRead()).toBeLessThan(MIB)
    expect(extents.length).toBeGreaterThan(0)
    const free = freeExtents(name)
    expect(extents.filter(({ start }) => free.some((e) => contains(e, start)))).toEqual([])
  })

  it("tells what is free as the tools do that made the volume", async () => {
    const image = loadFixture(name)
    const skeleton = await survey(memorySource(image))
    const { clusterSize } = fixtureFacts(name)
    const free = freeExtents(name)
    for (const e of free)
      expect(await skeleton.isFree(e.start + Math.floor(e.length / 2)), `${e.start}`).toBe(true)
    for (const e of free.filter(({ start }) => start >= clusterSize)) {
      const before = e.start - clusterSize
      if (free.some((other) => contains(other, before))) continue
      expect(await skeleton.isFree(before), `${before}`).toBe(false)
    }
  })

  it("is not right where noise took its place", async () => {
    const image = loadFixture(name)
    const boot = image.slice(0, 8192)
    image.set(randomBytes(image.length, 5))
    image.set(boot)
    const counts = tally((await judge(image)).filter(({ start }) => start >= boot.length))
    expect(Object.keys(counts).filter((key) => key.endsWith("right"))).toEqual([])
    expect(Object.keys(counts).length).toBeGreaterThan(0)
  })

  it("says what could not be read, and does not call it wrong", async () => {
    const image = loadFixture(name)
    const { start, length } = (await structureExtents(memorySource(image))).find(
      (e) => e.start > 0 || e.length > 8192,
    )!
    const bad = [{ start: start + 4096, length: Math.min(512, length) }]
    const skeleton = await survey(faultySource(image, bad))
    const outcomes = new Set((await skeleton.judge()).structures.map(({ outcome }) => outcome))
    expect(outcomes.has("wrong")).toBe(false)
  })
})

describe("the condition", () => {
  const condition = async (bytes: Uint8Array) => (await survey(memorySource(bytes))).condition

  it.each(["ntfs-512", "fat16", "fat32", "exfat"] as const)(
    "of %s is clean as its tools left it",
    async (name) => {
      expect((await condition(loadFixture(name))).dirty).toBe(false)
    },
  )

  it.each([
    // The state in FAT[1], the flags of exFAT's boot sector.
    ["fat16", 0x800 + 3, 0x7f],
    ["fat32", 0x4000 + 7, 0xf7],
    ["exfat", 0x6a, 0x02],
  ] as const)("of %s is dirty when its flag says so", async (name, at, value) => {
    const image = loadFixture(name)
    image[at] = value
    expect((await condition(image)).dirty).toBe(true)
  })

  it("of NTFS is dirty when $Volume says so", async () => {
    const image = loadFixture("ntfs-512")
    image[volumeFlagsOf(image)]! |= 1
    expect(await condition(image)).toEqual({ dirty: true, hibernated: false })
  })

  it("of NTFS is hibernated when hiberfil.sys is an image of memory, and not when it is none", async () => {
    for (const [mark, hibernated] of [
      ["HIBR", true],
      ["\0\0\0\0", false],
    ] as const) {
      const image = withHiberfil(mark)
      expect(await condition(image)).toEqual({ dirty: false, hibernated })
    }
  })

  /** $VOLUME_INFORMATION (0x70) in record 3. */
  function volumeFlagsOf(image: Uint8Array): number {
    const record = 0x4000 + 3 * 1024
    const view = new DataView(image.buffer, image.byteOffset)
    let at = record + view.getUint16(record + 0x14, true)
    while (view.getUint32(at, true) !== 0x70) at += view.getUint32(at + 4, true)
    return at + view.getUint16(at + 0x14, true) + 10
  }

  /** A file of the root folder under another name of the same length, with a mark at its start. */
  function withHiberfil(mark: string): Uint8Array {
    const image = loadFixture("sample")
    replace(image, utf16("accounts.csv"), utf16("hiberfil.sys"))
    const csv = find(image, Buffer.from("date,account,amount"))
    image.set(Buffer.from(mark, "latin1"), csv)
    return image
  }

  function utf16(text: string): Uint8Array {
    return Buffer.from(text, "utf16le")
  }

  function find(image: Uint8Array, needle: Uint8Array): number {
    return Buffer.from(image.buffer, image.byteOffset, image.length).indexOf(needle)
  }

  function replace(image: Uint8Array, from: Uint8Array, to: Uint8Array): void {
    expect(from.length).toBe(to.length)
    for (let at = find(image, from); at >= 0; at = find(image, from)) image.set(to, at)
  }
})

describe("what is sampled", () => {
  it.each([
    ["ntfs-512", []],
    ["fat32", ["allocation"]],
  ] as const)("of %s is named", async (name: FixtureName, expected) => {
    const { sampled } = await (await survey(memorySource(loadFixture(name)))).judge()
    expect([...sampled]).toEqual(expected)
  })
})
