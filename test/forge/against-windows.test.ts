/**
 * The forge against Windows: structures of both, field by field. Which fields may differ, and why, is written here; any
 * other difference is a fault of the forge. It is the proof for what no other program opens (Vista, encrypt-on-write).
 */
import { describe, expect, it } from "vitest"
import {
  AREA_SIZE,
  BiosParameters,
  conversionLogGeometry,
  ConversionLogControl,
  ConversionLogHeader,
  EowBitmapHeader,
  EowInfoHeader,
  EowRecordHeader,
  FveSector,
  type MetadataBlock,
  parseEowBitmap,
  parseEowInfo,
  parseMetadataBlock,
  recogniseBootSector,
  ToGoSector,
} from "../../src/fve/index.ts"
import { EncryptionMethod } from "../../src/crypto/method.ts"
import { type FixtureName, freeExtents, loadFixture } from "../fixtures/fixtures.ts"
import { hasCorpus, readCorpus } from "../suites/corpus.ts"
import { blockFields, type Fields, structFields } from "./fields.ts"
import { forge, type ForgedVolume, type Recipe } from "./forge.ts"

const { aes128Cbc, aes128CbcDiffuser, xtsAes128 } = EncryptionMethod
const password = { kind: "password", password: "anaconda" } as const
const recoveryPassword = { kind: "recovery-password" } as const
const backedUp = { kind: "recovery-password", hasBackupInfo: true } as const
const startupKey = { kind: "startup-key" } as const

/** May differ on every volume, and why. */
const FREE: readonly (readonly [RegExp, string])[] = [
  [/^information\.(copyOffsets|headBackup|watermark)$/, "another place on another volume"],
  [/(backupOffset|extraOffset)$/, "another place on another volume"],
  [/\.(id|salt|nonce|tag|crc|thumbprint)$/, "random, or made from what is"],
  [/(created|first|second)$/, "another time"],
  [/^dataset\.nonceCounter$/, "Windows takes some nonces for what it writes later"],
  [/^datum 7\/2\.rest$/, "another description"],
  [/^(information|dataset|validation)\.(size|end)$/, "follows from the length of the description"],
  [/^dataset\.reserved26$/, "0 or a copy of the method: Windows writes both"],
  [/extension\.osBuild$/, "another build"],
]

interface Pair {
  readonly real: string
  readonly fixture: FixtureName
  readonly recipe: Recipe
  /** Fields that differ between these two only, and why. */
  readonly free?: readonly (readonly [RegExp, string])[]
}

const conversionLogOfToGo: Pair["free"] = [
  [/extension\.(logOffset|logSize)$/, "the forge reserves no log on To Go volumes"],
  [/^information\.headSectorCount$|backupSize$/, "another discovery volume"],
]

const pairs: readonly Pair[] = [
  {
    real: "bitlk-aes-xts-128-new-entry",
    fixture: "ntfs-512",
    recipe: { layout: "windows8", method: xtsAes128, protectors: [password, backedUp] },
  },
  {
    real: "bitlk-aes-cbc-128",
    fixture: "ntfs-512",
    recipe: { layout: "windows8", method: aes128Cbc, protectors: [password, recoveryPassword] },
  },
  {
    real: "bitlk-aes-xts-128-startup-key",
    fixture: "ntfs-512",
    recipe: { layout: "windows8", method: xtsAes128, protectors: [startupKey, password, backedUp] },
  },
  {
    real: "bitlk-aes-xts-128-4k",
    fixture: "ntfs-4096",
    recipe: {
      layout: "windows8",
      method: xtsAes128,
      sectorSize: 4096,
      protectors: [password, backedUp],
    },
  },
  {
    real: "bitlk-aes-xts-128-smart-card",
    fixture: "ntfs-512",
    recipe: { layout: "windows8", method: xtsAes128, protectors: [{ kind: "public-key" }, backedUp] },
  },
  {
    real: "bitlk-aes-xts-128-clearkey-only",
    fixture: "ntfs-512",
    recipe: { layout: "windows8", method: xtsAes128, protectors: [{ kind: "clear-key" }] },
  },
  {
    real: "bitlk-aes-cbc-elephant-128",
    fixture: "ntfs-512",
    recipe: { layout: "windows7", method: aes128CbcDiffuser, protectors: [recoveryPassword, password] },
  },
  {
    real: "bitlk-togo-aes-cbc-128",
    fixture: "fat32",
    recipe: { layout: "to-go", method: aes128Cbc, protectors: [password, recoveryPassword] },
    free: conversionLogOfToGo,
  },
  {
    real: "vista",
    fixture: "ntfs-512",
    recipe: { layout: "vista", method: aes128CbcDiffuser, protectors: [startupKey, recoveryPassword] },
    free: [[/^datum b\/5/, "the drive of a system has a key to unlock others"]],
  },
  {
    real: "decrypted",
    fixture: "ntfs-512",
    recipe: { layout: "windows8", method: xtsAes128, protectors: [], conversion: { kind: "decrypted" } },
    free: [[/^hash\.rest$/, "the hash itself"]],
  },
]

const forged = ({ fixture, recipe }: Pair): Promise<ForgedVolume> =>
  forge(loadFixture(fixture), { free: freeExtents(fixture), ...recipe })

async function realBlock(name: string): Promise<MetadataBlock> {
  const boot = recogniseBootSector(await readCorpus(name, 0, 512))!
  return parseMetadataBlock(await readCorpus(name, boot.metadataOffsets[0]!, AREA_SIZE))!
}

/** Names of the fields that differ or are on one side only. */
function differing(real: Fields, made: Fields): string[] {
  const names = [...new Set([...Object.keys(real), ...Object.keys(made)])]
  return names.filter((name) => real[name] !== made[name])
}

const unexplained = (names: readonly string[], free: readonly (readonly [RegExp, string])[]): string[] =>
  names.filter((name) => !free.some(([pattern]) => pattern.test(name)))

describe.skipIf(!hasCorpus).each(pairs)("metadata like that of $real", (pair) => {
  it("differs only where it must", async () => {
    const real = blockFields(await realBlock(pair.real))
    const { image, metadataOffsets } = await forged(pair)
    const made = blockFields(parseMetadataBlock(image.subarray(metadataOffsets[0]))!)
    expect(unexplained(differing(real, made), [...FREE, ...(pair.free ?? [])])).toEqual([])
    expect(Object.keys(made).length).toBeGreaterThan(30)
  })
})

describe.skipIf(!hasCorpus)("the boot sector", () => {
  /** Of the first kind, the program that BIOS starts and its messages: the forge writes neither. */
  const free: Pair["free"] = [
    [/\.(metadata|bootCode|messages)$/, "other places; no program"],
    [/^boot\.bios$/, "compared by itself"],
    [/hiddenSectorCount$/, "another place on its disk"],
    [/^toGo\.fat32$/, "another serial number; no program"],
    [/^toGo\.fatSectorCount$|sectorCount32$|clusterSectorCount$/, "a smaller discovery volume"],
  ]

  it.each(["bitlk-aes-xts-128-new-entry", "bitlk-aes-xts-128-4k", "bitlk-aes-cbc-elephant-128"])(
    "like that of %s differs only where it must",
    async (name) => {
      const pair = pairs.find(({ real }) => real === name)!
      const { image } = await forged(pair)
      const sectors = [await readCorpus(name, 0, 512), image.subarray(0, 512)]
      const [real, made] = sectors.map((sector) => ({
        ...structFields(FveSector, sector, "boot"),
        ...structFields(BiosParameters, sector, "bios"),
      }))
      expect(unexplained(differing(real!, made!), free)).toEqual([])
    },
  )

  it("of a discovery volume differs only where it must", async () => {
    const { image } = await forged(pairs.find(({ fixture }) => fixture === "fat32")!)
    const sectors = [await readCorpus("bitlk-togo-aes-cbc-128", 0, 512), image.subarray(0, 512)]
    const [real, made] = sectors.map((sector) => ({
      ...structFields(ToGoSector, sector, "toGo"),
      ...structFields(BiosParameters, sector, "bios"),
    }))
    expect(unexplained(differing(real!, made!), [...free, [/^toGo\.(bios|metadata)$/, "as above"]])).toEqual(
      [],
    )
  })
})

describe.skipIf(!hasCorpus)("encrypt-on-write structures like those of eow_partial", () => {
  const recipe: Recipe = {
    layout: "windows8",
    method: aes128Cbc,
    protectors: [startupKey],
    conversion: {
      kind: "eow",
      direction: "decrypting",
      progress: [1, 0, 0.6],
      chunkSize: 0x10000,
      regionSize: 0x200000,
    },
  }
  const free: Pair["free"] = [
    [/(Offsets?|[cC]rc|\.offset)$/, "other places, other checksums"],
    [/\.(regionSize|volumeSize|bitCount|regionCount)$|^info\.size$/, "a smaller volume"],
    [/\.(chunkSize|logSize|logRecordSize|recordSize|dataLength)$/, "smaller chunks, to fit it"],
    [/^record\.sequence$|control\.sequence$/, "another number of chunks converted"],
  ]

  it("differ only where they must", async () => {
    const { image } = await forge(loadFixture("ntfs-512"), { free: freeExtents("ntfs-512"), ...recipe })
    const real = await eowFields((at, length) => readCorpus("eow_partial", at, length))
    const made = await eowFields((at, length) => Promise.resolve(image.slice(at, at + length)))
    expect(unexplained(differing(real, made), free)).toEqual([])
    expect(Object.keys(made).length).toBeGreaterThan(35)
  })
})

/** Of the first information block, and of the region of the first bitmap, which is converted from end to end. */
async function eowFields(read: (at: number, length: number) => Promise<Uint8Array>): Promise<Fields> {
  const { eowOffsets } = recogniseBootSector(await read(0, 512))!
  const info = await read(eowOffsets[0]!, 4096)
  const { bitmapOffsets, header } = parseEowInfo(info)!
  const bitmap = await read(bitmapOffsets[0]!, 0x600)
  const { logOffset, header: bitmapHeader } = parseEowBitmap(bitmap)!
  const geometry = conversionLogGeometry(header.sectorSize, header.chunkSize)
  const log = await read(logOffset!, geometry.size)
  return {
    ...structFields(EowInfoHeader, info, "info"),
    ...structFields(EowBitmapHeader, bitmap, "bitmap"),
    ...structFields(EowRecordHeader, bitmap.subarray(bitmapHeader.recordOffsets[0]), "record"),
    ...structFields(ConversionLogHeader, log, "log"),
    ...structFields(ConversionLogControl, log.subarray(geometry.records[0].leading), "control"),
    ...structFields(ConversionLogControl, log.subarray(geometry.records[0].trailing), "trailing control"),
  }
}
