/** Metadata blocks of the forge, valid and damaged: parse says what is wrong, and never throws, hangs or allocates without bound. */
import * as fc from "fast-check"
import { beforeAll, describe, expect, it } from "vitest"
import {
  AREA_SIZE,
  findFvek,
  InformationHeader,
  metadataBlockParts,
  parseMetadataBlock,
  readKeyProtectors,
  readRevealingBoxes,
  readVolumeFacts,
  serializeMetadataBlock,
} from "../../src/fve/index.ts"
import { EncryptionMethod } from "../../src/crypto/method.ts"
import { freeExtents, loadFixture } from "../fixtures/fixtures.ts"
import { forge, type ForgedVolume, type Recipe } from "../forge/forge.ts"

const forgeSample = (more: Partial<Recipe> = {}): Promise<ForgedVolume> =>
  forge(loadFixture("sample"), {
    layout: "windows8",
    method: EncryptionMethod.xtsAes128,
    free: freeExtents("sample"),
    protectors: [
      { kind: "startup-key" },
      { kind: "clear-key" },
      { kind: "public-key" },
      { kind: "tpm-pin" },
      { kind: "future" },
    ],
    hasFutureDatums: true,
    ...more,
  })

let volume: ForgedVolume
let valid: Uint8Array

beforeAll(async () => {
  volume = await forgeSample()
  valid = volume.image.slice(volume.metadataOffsets[0], volume.metadataOffsets[0]! + AREA_SIZE)
})

describe("parseMetadataBlock", () => {
  it("finds nothing to say about a valid block", () => {
    const block = parseMetadataBlock(valid)!
    expect(block).toMatchObject({ crc: "right", areaSize: AREA_SIZE, findings: [] })
    expect(serializeMetadataBlock(metadataBlockParts(block))).toEqual(valid)
  })

  it("keeps roles and types of the future, and the protectors around them", () => {
    const { dataset } = parseMetadataBlock(valid)!
    expect(dataset.datums.map(({ role }) => role)).toContain(0x1f)
    expect(readKeyProtectors(dataset).map(({ kind }) => kind)).toEqual([
      "startup-key",
      "clear-key",
      "public-key",
      "tpm-pin",
      "unknown",
    ])
    expect(findFvek(dataset)).toHaveLength(1)
  })

  it("is undefined without the signature, or without room for the headers", () => {
    expect(parseMetadataBlock(valid.subarray(1))).toBeUndefined()
    expect(parseMetadataBlock(valid.subarray(0, 111))).toBeUndefined()
    expect(parseMetadataBlock(valid.subarray(0, 112))?.crc).toBe("missing")
  })

  it("says that the end is missing when the image ends in the block", () => {
    const { infoSize } = parseMetadataBlock(valid)!
    const block = parseMetadataBlock(valid.subarray(0, infoSize), 0x1000)!
    expect(block.crc).toBe("missing")
    expect(block.findings).toMatchObject([
      { code: "metadata-crc-missing", extent: { start: 0x1000, length: infoSize } },
    ])
    expect(readKeyProtectors(block.dataset)).toHaveLength(5)
  })

  it("keeps the keys of a block whose CRC is wrong", () => {
    const damaged = valid.slice()
    const { dataset } = parseMetadataBlock(valid)!
    damaged[dataset.datums[0]!.offset + 20]! ^= 1
    const block = parseMetadataBlock(damaged)!
    expect(block.findings.map(({ code }) => code)).toEqual(["metadata-crc-wrong"])
    expect(findFvek(block.dataset)).toEqual(findFvek(dataset))
  })

  it("uses what the header's other size says when one of them is damaged", () => {
    const damaged = valid.slice()
    damaged.fill(0xff, InformationHeader.size, InformationHeader.size + 4)
    const { dataset, findings } = parseMetadataBlock(damaged)!
    expect(readKeyProtectors(dataset)).toHaveLength(5)
    expect(findings.map(({ code }) => code)).toEqual(["metadata-crc-wrong"])
  })

  it("finds the datums even when the header's sizes are nonsense, and says so", () => {
    const damaged = valid.slice()
    damaged.fill(0xff, InformationHeader.size, InformationHeader.size + 16)
    damaged.fill(0xff, 8, 10)
    const { dataset, crc, findings } = parseMetadataBlock(damaged)!
    expect(readKeyProtectors(dataset)).toHaveLength(5)
    expect(crc).toBe("missing")
    expect(findings.map(({ code }) => code)).toContain("metadata-header-wrong")
    expect(findings.map(({ code }) => code)).toContain("dataset-header-wrong")
  })

  it("takes any valid block with any damage, and everything that reads it does too", () => {
    const { infoSize } = parseMetadataBlock(valid)!
    const anywhere = fc.tuple(fc.nat(infoSize + 100), fc.oneof(fc.nat(255), fc.constantFrom(0, 0xff)))
    fc.assert(
      fc.property(
        fc.array(anywhere, { minLength: 1, maxLength: 30 }),
        fc.nat(AREA_SIZE),
        (changes, length) => {
          const damaged = valid.slice(0, length % 3 === 0 ? length : AREA_SIZE)
          for (const [at, byte] of changes) if (at >= 8 && at < damaged.length) damaged[at] = byte
          const block = parseMetadataBlock(damaged)
          if (!block) return
          const protectors = readKeyProtectors(block.dataset)
          for (const { wrappedVmk } of protectors)
            for (const { nonce } of wrappedVmk) expect(nonce).toHaveLength(12)
          for (const box of protectors.flatMap(readRevealingBoxes)) expect(box.box.tag).toHaveLength(16)
          const facts = readVolumeFacts(block)
          for (const at of facts.metadataOffsets) expect(Number.isSafeInteger(at)).toBe(true)
          expect(block.areaSize).toBeLessThanOrEqual(AREA_SIZE)
          expect(block.findings.length).toBeLessThan(200)
        },
      ),
      { numRuns: 2000 },
    )
  })

  it("takes noise behind the signature", () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 104, maxLength: 3000 }), (noise) => {
        const block = parseMetadataBlock(Uint8Array.from([...valid.subarray(0, 8), ...noise]))!
        readVolumeFacts(block)
        expect(block.crc).not.toBe("right")
      }),
    )
  })
})

describe("readVolumeFacts", () => {
  it("knows the sector size of Windows 7 by the head's size, which the extension does not say", async () => {
    const { image, metadataOffsets } = await forgeSample({ layout: "windows7" })
    const block = parseMetadataBlock(image.subarray(metadataOffsets[0]))!
    const facts = readVolumeFacts(block)
    expect(facts).toMatchObject({ sectorSize: 512, headSectorCount: 16 })
    expect(facts).not.toHaveProperty("osBuild")
  })

  it("falls back to the header and the boot sector when the virtualization info is lost", () => {
    const parts = metadataBlockParts(parseMetadataBlock(valid)!)
    const block = parseMetadataBlock(serializeMetadataBlock({ ...parts, datums: parts.datums.slice(0, -1) }))!
    expect(readVolumeFacts(block)).not.toHaveProperty("headBackup")
    expect(readVolumeFacts(block, 512).headBackup).toEqual(volume.headBackup)
  })

  it("names an unknown method by its number only", () => {
    const parts = metadataBlockParts(parseMetadataBlock(valid)!)
    const block = parseMetadataBlock(
      serializeMetadataBlock({ ...parts, dataset: { ...parts.dataset, method: 0x8010 } }),
    )!
    const facts = readVolumeFacts(block)
    expect(facts.methodNumber).toBe(0x8010)
    expect(facts).not.toHaveProperty("method")
  })
})

describe("serializeMetadataBlock", () => {
  it("refuses datums that do not fit the area", () => {
    const parts = metadataBlockParts(parseMetadataBlock(valid)!)
    expect(() => serializeMetadataBlock({ ...parts, datums: [new Uint8Array(70_000)] })).toThrow(RangeError)
  })
})
