/** Volumes are found by what is left of them: tables, boot sectors, copies or datums alone, at any place, in any mixture. */
import { beforeAll, describe, expect, it } from "vitest"
import { endOf, extent } from "../../src/extents/extent.ts"
import { type VolumePlace, bootOf, startOf } from "../../src/locate/index.ts"
import type { ForgedVolume } from "../forge/forge.ts"
import {
  FIRST_SECTOR,
  MIB,
  blocksOf,
  diskWith,
  headersOf,
  makeLargeVolume,
  makeVolume,
  mbrOf,
  search,
  wiped,
} from "./scene.ts"

const DISK = 12 * MIB
const START = 2 * MIB

let volume: ForgedVolume
let other: ForgedVolume
beforeAll(async () => {
  volume = await makeVolume({ seed: 1 })
  other = await makeVolume({ seed: 2 })
})

/** The only volume that was found is this one, at this place. */
function expectOnly(places: readonly VolumePlace[], start: number, expected: ForgedVolume): VolumePlace {
  expect(places).toHaveLength(1)
  const [place] = places
  expect(startOf(place!)).toBe(start)
  expect(place!.metadataOffsets).toEqual(expected.metadataOffsets)
  expect(place!.standing).toBe("current")
  return place!
}

describe("a volume on a disk", () => {
  it("is found when the partition table is wiped", async () => {
    const { places } = await search(diskWith(DISK, [{ at: START, bytes: volume.image }]))
    const place = expectOnly(places, START, volume)
    expect(place.extent).toEqual(extent(START, volume.size))
    expect(place.boot?.layout).toBe("windows7")
    expect(place.otherStarts).toEqual([])
    expect(place.evidence[0]).toContain("lie as far apart as they say")
  })

  it("is found when its boot sector is wiped, and takes its size from the table", async () => {
    const length = volume.size + 512
    const bytes = wiped(volume.image, FIRST_SECTOR)
    const { places } = await search(diskWith(DISK, [{ at: START, bytes }, mbrOf(START, length)]))
    const place = expectOnly(places, START, volume)
    expect(place.boot).toBeUndefined()
    expect(place.extent).toEqual(extent(START, length))
    expect(place.where).toBe("MBR partition 1")
    expect(bootOf(place)).toMatchObject({ layout: "windows7", sectorSize: 512, eowOffsets: [] })
  })

  it.each([512 * 63, MIB + 512 * 3, 3 * MIB + 7 * 512])(
    "is found at %i without table and boot sector",
    async (start) => {
      const bytes = wiped(volume.image, FIRST_SECTOR)
      const { places } = await search(diskWith(DISK, [{ at: start, bytes }]))
      expect(expectOnly(places, start, volume).extent).toEqual(extent(start, volume.size))
    },
  )

  it("is found at any byte when everything is searched", async () => {
    const start = MIB + 17
    const disk = diskWith(DISK, [{ at: start, bytes: wiped(volume.image, FIRST_SECTOR) }])
    const { places } = await search(disk, "anywhere")
    expectOnly(places, start, volume)
    const inSectors = await search(disk)
    expect(inSectors.state.traces.every(({ kind }) => kind === "datum")).toBe(true)
  })

  it("is found where a boot sector names wrong places", async () => {
    const bytes = volume.image.slice()
    new DataView(bytes.buffer).setBigUint64(0xb0, 0x777000n, true)
    const { places } = await search(diskWith(DISK, [{ at: START, bytes }]))
    const place = expectOnly(places, START, volume)
    expect(place.boot?.metadataOffsets[0]).toBe(0x777000)
    expect(place.evidence).toContain("a boot sector is there, but names other places")
  })

  it("is a place even when nothing but its boot sector is left", async () => {
    const areas = volume.metadataOffsets.map((offset) => extent(offset, 0x10000))
    const { places } = await search(diskWith(DISK, [{ at: START, bytes: wiped(volume.image, ...areas) }]))
    const place = expectOnly(places, START, volume)
    expect(place.traces.copies).toEqual([])
    expect(endOf(place.extent)).toBe(DISK)
  })
})

describe("a volume of which the input holds a part", () => {
  it.each([
    ["the first sector is", 512],
    ["copy 1 is", 0],
    ["copies 1 and 2 are", 1],
  ])("starts before the input when %s missing", async (_, lost) => {
    const cut = lost === 512 ? 512 : volume.metadataOffsets[lost]! + 0x10000
    const { places } = await search(diskWith(volume.size - cut, [{ at: -cut, bytes: volume.image }]))
    const place = expectOnly(places, -cut, volume)
    expect(place).toMatchObject({
      extent: extent(0, volume.size - cut),
      missingHead: cut,
      fullSize: volume.size,
    })
  })

  it.each([1, 2])("has its own size when the input ends before copy %i + 1", async (kept) => {
    const size = START + volume.metadataOffsets[kept]!
    const { places } = await search(diskWith(size, [{ at: START, bytes: wiped(volume.image, FIRST_SECTOR) }]))
    const place = expectOnly(places, START, volume)
    expect(place).toMatchObject({ extent: extent(START, size - START), fullSize: volume.size })
  })

  it("names the other starts when one copy alone says nothing", async () => {
    const [first, ...others] = volume.metadataOffsets.map((offset) => extent(offset, 0x10000))
    const bytes = wiped(volume.image, FIRST_SECTOR, ...others)
    // On no round place, with room on both sides.
    const start = 5 * MIB + 512
    const { places } = await search(diskWith(DISK + 4 * MIB, [{ at: start, bytes }]))
    expect(places).toHaveLength(1)
    expect([startOf(places[0]!), ...places[0]!.otherStarts]).toContain(start)
    expect(first!.start).toBe(volume.metadataOffsets[0])
  })
})

describe("copies without headers", () => {
  it("leave their datums in the places that the boot sector names", async () => {
    const bytes = wiped(volume.image, ...headersOf(volume))
    const { places } = await search(diskWith(DISK, [{ at: START, bytes }]))
    const place = expectOnly(places, START, volume)
    expect(place.traces.strays.filter(({ role }) => role === 3)).toHaveLength(3)
    expect(place.traces.strays.filter(({ role }) => role === 2)).toHaveLength(3)
  })

  it("tell where the volume starts by the place of the head's backup, when the boot sector is gone too", async () => {
    const bytes = wiped(volume.image, FIRST_SECTOR, ...headersOf(volume))
    const { places } = await search(diskWith(DISK, [{ at: START, bytes }]))
    const place = expectOnly(places, START, volume)
    expect(place.evidence[1]).toContain("the head's backup")
    expect(place.traces.strays).toHaveLength(9)
  })

  it("are taken for a volume in the partition around them, when that is gone as well", async () => {
    const old = await makeVolume({ layout: "windows7", seed: 5 })
    const bytes = wiped(old.image, FIRST_SECTOR, ...headersOf(old))
    const { places } = await search(diskWith(DISK, [{ at: START, bytes }, mbrOf(START, old.size)]))
    expect(startOf(places[0]!)).toBe(START)
    expect(places[0]!.metadataOffsets).toEqual(old.metadataOffsets)
  })

  it("do not make a second volume where one copy is whole", async () => {
    const bytes = wiped(volume.image, FIRST_SECTOR, ...headersOf(volume).slice(1))
    const { places } = await search(diskWith(DISK, [{ at: START, bytes }]))
    const place = expectOnly(places, START, volume)
    expect(place.traces.copies).toHaveLength(1)
    expect(place.traces.strays.length).toBeGreaterThan(0)
  })
})

describe("several volumes", () => {
  it("are listed by place when they lie side by side", async () => {
    const { places } = await search(
      diskWith(DISK, [
        { at: 6 * MIB, bytes: volume.image },
        { at: START, bytes: wiped(other.image, FIRST_SECTOR) },
      ]),
    )
    expect(places.map(startOf)).toEqual([START, 6 * MIB])
    expect(places.map(({ standing }) => standing)).toEqual(["current", "current"])
  })

  it.each([
    ["boot sector there", "2015-05-05", 0],
    ["boot sector there, whatever the clocks said", "2029-05-05", 0],
    ["boot sector gone", "2015-05-05", 0],
    ["boot sector gone, the other one newer", "2029-05-05", 1],
  ])("of two generations in one place the newer one comes first: %s", async (which, written, first) => {
    const old = await makeVolume({
      seed: 3,
      without: volume.metadataOffsets.map((at) => extent(at, 0x20000)),
    })
    const bytes = which.includes("gone") ? wiped(volume.image, FIRST_SECTOR) : volume.image
    const remains = blocksOf(old, new Date(written)).map(({ at, bytes }) => ({ at: START + at, bytes }))
    const { places } = await search(diskWith(DISK, [{ at: START, bytes }, ...remains]))
    expect(places.map(startOf)).toEqual([START, START])
    expect(places[first]!.metadataOffsets).toEqual(volume.metadataOffsets)
    expect(places[1 - first]!.metadataOffsets).toEqual(old.metadataOffsets)
    expect(places.map(({ standing }) => standing)).toEqual(["current", "earlier"])
    for (const { traces } of places) {
      expect(new Set(traces.copies.map(({ trace }) => trace.volumeId)).size).toBe(1)
      expect(traces.copies).toHaveLength(3)
    }
  })
})

describe("foreign metadata", () => {
  const HOST = 24 * MIB
  let host: ForgedVolume
  beforeAll(async () => {
    host = await makeLargeVolume(HOST, { seed: 9 })
  })

  it.each([
    ["boot sector there", false],
    ["boot sector gone", true],
  ])("in a virtual disk on the volume comes after it, %s", async (_, isGone) => {
    const at = START + 0x3000 + 16 * MIB
    const { places } = await search(
      diskWith(HOST + 4 * MIB, [
        { at: START, bytes: isGone ? wiped(host.image, FIRST_SECTOR) : host.image },
        { at, bytes: volume.image },
      ]),
    )
    expect(places.map(startOf)).toEqual([START, at])
    expect(places.map(({ standing }) => standing)).toEqual(["current", "foreign"])
    expect(places[0]!.traces.copies).toHaveLength(3)
    expect(places[1]!.metadataOffsets).toEqual(volume.metadataOffsets)
  })

  it.each([1, 2, 3])("in free space comes after it: %i blocks of another disk", async (count) => {
    const remains = blocksOf(volume).slice(0, count)
    const laid = remains.map(({ at, bytes }) => ({ at: START + 10 * MIB + 0x5000 + at, bytes }))
    const { places } = await search(
      diskWith(HOST + 4 * MIB, [{ at: START, bytes: wiped(host.image, FIRST_SECTOR) }, ...laid]),
    )
    expect(startOf(places[0]!)).toBe(START)
    expect(places[0]!.traces.copies).toHaveLength(3)
    expect(places[0]!.metadataOffsets).toEqual(host.metadataOffsets)
    expect(places.slice(1).map(({ standing }) => standing)).toEqual(["foreign"])
  })

  it("of which only a datum is left, in free space, makes no volume beside it", async () => {
    const [copy] = blocksOf(volume)
    const datums = copy!.bytes.subarray(112, 1024)
    const { places } = await search(
      diskWith(HOST + 4 * MIB, [
        { at: START, bytes: wiped(host.image, FIRST_SECTOR) },
        { at: START + 15 * MIB + 77, bytes: datums },
      ]),
    )
    expect(startOf(places[0]!)).toBe(START)
    expect(places.filter(({ standing }) => standing === "current")).toHaveLength(1)
    expect(places[0]!.traces.strays).toEqual([])
  })

  it("never lends a copy to a volume that lost its own", async () => {
    const [copy] = blocksOf(volume)
    const lost = host.metadataOffsets[1]!
    const { places } = await search(
      diskWith(HOST + 4 * MIB, [
        { at: START, bytes: host.image },
        { at: START + lost, bytes: copy!.bytes },
      ]),
    )
    const own = places.find((place) => place.standing === "current" && startOf(place) === START)!
    expect(own.traces.copies.map(({ copy }) => copy)).toEqual([1, 3])
  })
})
