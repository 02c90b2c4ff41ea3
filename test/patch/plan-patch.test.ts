/** What an in-place repair would write: nothing to an intact volume, the destroyed structures and no more to others. */
import { describe, expect, it } from "vitest"
import { equalBytes } from "../../src/bytes/compare.ts"
import { nodeCrypto } from "../../src/crypto/node.ts"
import {
  type MetadataBlock,
  keyPackageContents,
  makeNonce,
  metadataBlockParts,
  parseEowInfo,
  parseKeyPackages,
  parseMetadataBlock,
  readKeyProtectors,
  readVolumeFacts,
  recogniseBootSector,
  sealedHash,
  serializeKeyPackage,
  serializeMetadataBlock,
} from "../../src/fve/index.ts"
import {
  headerOf,
  planPatch,
  reconcile,
  settle,
  storedSector,
  surveySectors,
} from "../../src/repair/index.ts"
import { surveyMetadata } from "../../src/locate/index.ts"
import { type ByteSource, memorySource } from "../../src/source/index.ts"
import { cipherOf } from "../forge/store.ts"
import type { ForgedVolume } from "../forge/forge.ts"
import { type VolumeName, forgeNamed } from "../peers/volumes.ts"
import {
  type Injury,
  bootSectorRandom,
  bootSectorWrongOffsets,
  bootSectorZeroed,
  copiesDestroyed,
  headBackupDestroyed,
  together,
} from "./damage.ts"
import { type Options, keysOf, layoutOf, patched, planFor } from "./planned.ts"

const NAMES: readonly VolumeName[] = [
  "windows7-diffuser-128",
  "windows8-xts-128",
  "4096-byte-sectors-xts-128",
  "to-go-fat32-cbc-128",
  "to-go-exfat-xts-128",
  "exfat-sector-size-0-xts-128",
  "vista-diffuser-128",
  "paused-cbc-256",
  "encrypt-on-write-xts-128",
  "future-datums-xts-128",
]
const WINDOWS = "windows8-xts-128"

/** What a search finds of a conversion on write. */
function eowOf(volume: ForgedVolume): Options {
  const { eowOffsets } = recogniseBootSector(volume.image)!
  const [at] = eowOffsets
  const info = at === undefined ? undefined : parseEowInfo(volume.image.subarray(at))
  return info
    ? { eow: { bytes: volume.image.slice(at, at! + info.header.size), offsets: info.copyOffsets } }
    : {}
}

const places = (planned: Awaited<ReturnType<typeof planFor>>): string[] => [
  ...new Set(planned.patch.edits.map(({ what }) => what)),
]

describe("planPatch", () => {
  it.each(NAMES)("writes nothing to an intact volume: %s", async (name) => {
    const volume = await forgeNamed(name)
    const planned = await planFor(volume, volume.image, eowOf(volume))
    expect(planned.patch.edits).toEqual([])
    expect(planned.findings).toEqual([])
  })

  const injuries: readonly (readonly [string, Injury, readonly string[]])[] = [
    ["boot-sector-zeroed", bootSectorZeroed, ["boot sector"]],
    ["boot-sector-random", bootSectorRandom, ["boot sector"]],
    ["boot-sector-wrong-offsets", bootSectorWrongOffsets, ["boot sector"]],
    ["copy-1-destroyed", copiesDestroyed(1), ["metadata copy 1"]],
    ["copies-1-2-destroyed", copiesDestroyed(1, 2), ["metadata copy 1", "metadata copy 2"]],
    [
      "copies 2 and 3 and the boot sector",
      together(copiesDestroyed(2, 3), bootSectorZeroed),
      ["metadata copy 2", "metadata copy 3", "boot sector"],
    ],
  ]
  const cases = NAMES.flatMap((name) =>
    injuries.map(([injury, hurt, what]) => ({ name, injury, hurt, what })),
  )

  it.each(cases)("$injury: $name", async ({ name, hurt, what }) => {
    const volume = await forgeNamed(name)
    const damaged = hurt(volume)
    const original = volume.expected.slice(0, volume.sectorSize)
    const planned = await planFor(volume, damaged, { ...eowOf(volume), original })
    expect(places(planned).sort()).toEqual([...what].sort())
    if (what.includes("boot sector")) expect(planned.patch.edits.at(-1)!.what).toBe("boot sector")
    expect(planned.unreadable).toEqual([])
    const out = patched(damaged, planned)
    expect(recogniseBootSector(out)).toMatchObject({
      layout: layoutOf(volume),
      metadataOffsets: recogniseBootSector(volume.image)!.metadataOffsets,
      eowOffsets: recogniseBootSector(volume.image)!.eowOffsets,
    })
    // Of the boot sector, program and messages are nobody's data, and the forge has other sectors before the volume.
    expect(equalBytes(out.subarray(512), volume.image.subarray(512))).toBe(true)
  })

  it.each(["to-go-fat32-cbc-128", "vista-diffuser-128"] as const)(
    "gives the very boot sector back: %s",
    async (name) => {
      const volume = await forgeNamed(name)
      for (const hurt of [bootSectorZeroed, bootSectorRandom, bootSectorWrongOffsets]) {
        const damaged = hurt(volume)
        expect(equalBytes(patched(damaged, await planFor(volume, damaged)), volume.image)).toBe(true)
      }
    },
  )

  it("keeps what stands in a boot sector that only leads astray", async () => {
    const volume = await forgeNamed(WINDOWS)
    const damaged = bootSectorWrongOffsets(volume)
    expect(equalBytes(patched(damaged, await planFor(volume, damaged)), volume.image)).toBe(true)
  })

  it("touches only the sectors that differ", async () => {
    const volume = await forgeNamed(WINDOWS)
    const damaged = volume.image.slice()
    const at = volume.metadataOffsets[1]! + 0x200
    damaged[at + 5]! ^= 1
    const { patch } = await planFor(volume, damaged)
    expect(patch.edits.map(({ at, after }) => [at, after.length])).toEqual([[at, 512]])
  })

  it("needs no key where a CRC-32 is right, and takes a volume anywhere in its source", async () => {
    const volume = await forgeNamed(WINDOWS)
    const at = 1 << 20
    const disk = new Uint8Array(at + volume.size)
    disk.set(copiesDestroyed(3)(volume), at)
    const { patch } = await planFor(volume, disk, { isOpen: false, volumeOffset: at })
    expect(patch.identity.volumeOffset).toBe(at)
    expect(equalBytes(patched(disk, { patch }).subarray(at), volume.image)).toBe(true)
  })

  it("brings a stale copy up to date", async () => {
    const volume = await forgeNamed(WINDOWS)
    const damaged = volume.image.slice()
    damaged.set(olderGeneration(volume), volume.metadataOffsets[0])
    expect(equalBytes(patched(damaged, await planFor(volume, damaged)), volume.image)).toBe(true)
  })

  it("clears what stands behind the validation block of a damaged copy, and of no other", async () => {
    const volume = await forgeNamed(WINDOWS)
    const inTail = (copies: readonly number[]): Uint8Array => {
      const image = volume.image.slice()
      for (const copy of copies) image[volume.metadataOffsets[copy - 1]! + 0xf000] = 7
      return image
    }
    expect(equalBytes(patched(inTail([2]), await planFor(volume, inTail([2]))), volume.image)).toBe(true)
    expect((await planFor(volume, inTail([1, 2, 3]))).patch.edits).toEqual([])
  })

  it("restores the first sector of the head", async () => {
    for (const name of [WINDOWS, "4096-byte-sectors-xts-128", "windows7-diffuser-128"] as const) {
      const volume = await forgeNamed(name)
      const damaged = headBackupDestroyed(volume)
      const original = volume.expected.slice(0, volume.sectorSize)
      const head = [storedSector(original, volume.headBackup!.start, cipherOf(volume))]
      const planned = await planFor(volume, damaged, { original, head })
      expect(places(planned)).toEqual(["backup of the volume's head"])
      expect(equalBytes(patched(damaged, planned), volume.image)).toBe(true)
    }
  })

  it("restores the other copy of encrypt-on-write information", async () => {
    const volume = await forgeNamed("encrypt-on-write-xts-128")
    const eow = eowOf(volume)
    const damaged = volume.image.slice()
    damaged.fill(0, eow.eow!.offsets[1], eow.eow!.offsets[1]! + 512)
    expect(equalBytes(patched(damaged, await planFor(volume, damaged, eow)), volume.image)).toBe(true)
  })

  it("says what lies outside of the input, and leaves it", async () => {
    const volume = await forgeNamed(WINDOWS)
    const cut = volume.image.slice(0, volume.metadataOffsets[2])
    const { patch, findings } = await planFor(volume, cut)
    expect(patch.edits).toEqual([])
    expect(findings).toMatchObject([{ code: "structure-outside-input", severity: "damage" }])
  })

  it("makes a fixed drive of a stick that lost both boot sectors of its discovery volume, and says so", async () => {
    const volume = await forgeNamed("to-go-fat32-cbc-128")
    const damaged = volume.image.slice()
    damaged.fill(0, 0, 0x1000)
    const planned = await planFor(volume, damaged, { original: volume.expected.slice(0, 512) })
    expect(planned.findings).toMatchObject([{ code: "discovery-volume-lost", severity: "damage" }])
    expect(recogniseBootSector(patched(damaged, planned))).toMatchObject({
      layout: "windows7",
      metadataOffsets: volume.metadataOffsets,
    })
  })

  it("makes nothing of a Vista volume whose boot sectors are both gone", async () => {
    const volume = await forgeNamed("vista-diffuser-128")
    const damaged = bootSectorZeroed(volume)
    damaged.fill(0, damaged.length - 512)
    const planned = await planFor(volume, damaged)
    expect(planned.patch.edits).toEqual([])
    expect(planned.findings).toMatchObject([{ code: "boot-sector-lost", severity: "damage" }])
  })

  it("names the sectors that it cannot read", async () => {
    const volume = await forgeNamed(WINDOWS)
    const bad = { start: volume.metadataOffsets[1]! + 0x1200, length: 512 }
    const source = memorySource(volume.image)
    const faulty: ByteSource = { ...source, read: async () => [bad] }
    const structures = [
      { what: "metadata copy 2", at: volume.metadataOffsets[1]!, bytes: new Uint8Array(0x10000) },
    ]
    const found = await surveySectors(faulty, structures, 0)
    const { patch } = await planFor(volume, volume.image)
    expect(planPatch(patch.identity, structures, found).unreadable).toEqual([bad])
  })
})

describe("new metadata", () => {
  it("says what the facts said", async () => {
    for (const name of NAMES) {
      const volume = await forgeNamed(name)
      const block = blockAt(volume.image, volume, 0)
      const { signature: _, size: __, ...header } = block.header
      expect(headerOf(readVolumeFacts(block)), name).toEqual(header)
    }
  })

  it.each([WINDOWS, "windows7-diffuser-256", "to-go-exfat-xts-128", "4096-byte-sectors-cbc-128"] as const)(
    "of three destroyed copies is intact, signed, and opens with every key: %s",
    async (name) => {
      const volume = await forgeNamed(name)
      const damaged = copiesDestroyed(1, 2, 3)(volume)
      const planned = await planFor(volume, damaged, remade(volume))
      expect(places(planned).sort()).toEqual(["metadata copy 1", "metadata copy 2", "metadata copy 3"])
      const out = patched(damaged, planned)
      const copies = await surveyMetadata(memorySource(out), volume.metadataOffsets)
      const settled = settle(reconcile({ copies, sizes: [volume.size] }), keysOf(volume), nodeCrypto)
      expect(settled.proof).toBe("hash")
      expect(settled.account!.doubts).toEqual([])
      const facts = readVolumeFacts(blockAt(volume.image, volume, 0))
      const {
        description: _,
        extensionFlags: __,
        osBuild: ___,
        extraRegion: ____,
        nonceCounter: _____,
        ...known
      } = facts
      expect(settled.account!.facts).toMatchObject(known)
    },
  )
})

function blockAt(image: Uint8Array, { metadataOffsets }: ForgedVolume, copy: number): MetadataBlock {
  return parseMetadataBlock(image.subarray(metadataOffsets[copy]))!
}

/** Intact and signed, as the metadata was before its last change. */
function olderGeneration(volume: ForgedVolume): Uint8Array {
  const parts = metadataBlockParts(blockAt(volume.image, volume, 0))
  const nonceCounter = parts.dataset.nonceCounter - 2
  const hash = sealedHash(nodeCrypto, volume.vmk!, makeNonce(new Date(0), nonceCounter - 1))
  return serializeMetadataBlock({ ...parts, dataset: { ...parts.dataset, nonceCounter }, hash })
}

/** What key packages and a search give back of the metadata: datums without a block, and the facts. */
function remade(volume: ForgedVolume): Options {
  const block = blockAt(volume.image, volume, 0)
  const packages = readKeyProtectors(block.dataset).flatMap(({ id }) =>
    parseKeyPackages(serializeKeyPackage(keyPackageContents(block.dataset, id)!)),
  )
  return { facts: readVolumeFacts(block), packages }
}
