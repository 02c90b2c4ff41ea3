/** Every layout is found without its boot sector, with what only that layout has. */
import { describe, expect, it } from "vitest"
import { EncryptionMethod } from "../../src/crypto/method.ts"
import { serializeGuid } from "../../src/bytes/guid.ts"
import { extent } from "../../src/extents/extent.ts"
import { TO_GO_GUID, ToGoSector } from "../../src/fve/index.ts"
import { bootOf, startOf } from "../../src/locate/index.ts"
import { FIRST_SECTOR, MIB, diskWith, makeVolume, search, wiped } from "./scene.ts"

const { aes128Cbc, aes128CbcDiffuser } = EncryptionMethod
const START = MIB + 512

describe("without its boot sector", () => {
  it("a volume in the middle of a conversion is found with its encrypt-on-write blocks", async () => {
    const volume = await makeVolume({
      fixture: "ntfs-512",
      method: aes128Cbc,
      conversion: {
        kind: "eow",
        direction: "encrypting",
        progress: [0.5, 0.2],
        chunkSize: 0x40000,
        regionSize: 0x200000,
      },
    })
    const bytes = wiped(volume.image, FIRST_SECTOR)
    const { places, state } = await search(diskWith(volume.size + 4 * MIB, [{ at: START, bytes }]))
    expect(places).toHaveLength(1)
    const [place] = places
    expect(startOf(place!)).toBe(START)
    const whole = (await search(volume.image)).places[0]!
    expect(place!.eowOffsets).toEqual(whole.boot!.eowOffsets)
    expect(place!.traces.eow.length).toBeGreaterThan(4)
    expect(bootOf(place!).layout).toBe("eow")
    // Its records were not listed beside the bitmaps that hold them.
    expect(state.traces.filter(({ kind }) => kind === "eow-record")).toEqual([])
  })

  it.each([
    ["whole", []],
    ["without the copies of its metadata", ["copies"]],
  ])("a To Go volume is found %s, by the backup of its first sector", async (_, lost) => {
    const volume = await makeVolume({ fixture: "fat32", layout: "to-go", method: aes128Cbc })
    const image = volume.image.slice()
    // Windows keeps the mark of the first sector in its backup, and the offsets not.
    image.set(serializeGuid(TO_GO_GUID), 6 * 512 + ToGoSector.offsetOf("toGo"))
    const copies = lost.length > 0 ? volume.metadataOffsets.map((offset) => extent(offset, 0x10000)) : []
    const bytes = wiped(image, FIRST_SECTOR, ...copies)
    const { places } = await search(diskWith(volume.size + 2 * MIB, [{ at: START, bytes }]))
    expect(places).toHaveLength(1)
    expect(startOf(places[0]!)).toBe(START)
    expect(places[0]!.extent.length).toBe(volume.size)
    expect(bootOf(places[0]!).layout).toBe("to-go")
    expect(places[0]!.evidence.join()).toContain("backup")
  })

  it.each([
    ["and two copies", 1, 4 * MIB],
    ["and all copies, at the end of the input", 0, START],
  ])(
    "a Vista volume is found by the boot sector in its last sector, without the first %s",
    async (_, left, room) => {
      const volume = await makeVolume({ fixture: "ntfs-512", layout: "vista", method: aes128CbcDiffuser })
      const lost = volume.metadataOffsets.slice(left).map((offset) => extent(offset, 0x4000))
      const bytes = wiped(volume.image, FIRST_SECTOR, ...lost)
      const { places } = await search(diskWith(volume.size + room, [{ at: START, bytes }]))
      expect(places).toHaveLength(1)
      expect(startOf(places[0]!)).toBe(START)
      expect(places[0]!.extent.length).toBe(volume.size)
      expect(places[0]!.otherStarts).toEqual([])
      expect(bootOf(places[0]!).layout).toBe("vista")
    },
  )

  it.each([
    ["Windows 7", { layout: "windows7", fixture: "ntfs-512" }],
    ["4096-byte sectors", { fixture: "ntfs-4096", sectorSize: 4096 }],
    ["exFAT behind a discovery volume", { fixture: "exfat", layout: "to-go" }],
    [
      "a paused conversion",
      { conversion: { kind: "watermark", at: MIB, direction: "encrypting", state: "paused" } },
    ],
    ["a decrypted volume", { conversion: { kind: "decrypted" } }],
  ] as const)("a volume is found: %s", async (_, recipe) => {
    const volume = await makeVolume(recipe)
    const start = 8 * MIB
    const bytes = wiped(volume.image, FIRST_SECTOR)
    const { places } = await search(diskWith(start + volume.size + 2 * MIB, [{ at: start, bytes }]))
    expect(places.map(startOf)).toEqual([start])
    expect(places[0]!.metadataOffsets).toEqual(volume.metadataOffsets)
    expect(places[0]!.traces.copies).toHaveLength(3)
  })
})
