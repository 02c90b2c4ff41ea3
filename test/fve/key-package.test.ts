/**
 * Key packages of the forge, every variant in every encoding: found for what they are, and their keys open. Round trips are
 * self-consistent only, since no genuine package is public.
 */
import { beforeAll, describe, expect, it } from "vitest"
import { concatBytes } from "../../src/bytes/concat.ts"
import { parseRecoveryPassword } from "../../src/credential/recovery-password.ts"
import { parseStartupKey } from "../../src/credential/startup-key.ts"
import { stretchInputOfRecoveryPassword } from "../../src/credential/stretch-input.ts"
import type { CcmBox } from "../../src/crypto/crypto.ts"
import { EncryptionMethod } from "../../src/crypto/method.ts"
import { nodeCrypto } from "../../src/crypto/node.ts"
import {
  AREA_SIZE,
  DatasetHeader,
  DatumRole,
  InformationHeader,
  type KeyPackage,
  keyPackageContents,
  matchKeyPackages,
  parseKeyDatum,
  parseKeyPackages,
  parseMetadataBlock,
  readCcmBox,
  serializeKeyPackage,
} from "../../src/fve/index.ts"
import { freeExtents, loadFixture } from "../fixtures/fixtures.ts"
import { forge, type ForgedVolume } from "../forge/forge.ts"
import {
  forgeKeyPackage,
  KEY_PACKAGE_ENCODINGS,
  KEY_PACKAGE_VARIANTS,
  type KeyPackageRecipe,
  ldifEntry,
} from "../forge/key-package.ts"
import { seededRandom } from "../forge/random.ts"
import { stretched } from "../forge/stretched-keys.ts"

const forgeSample = (
  seed = 1,
  method: EncryptionMethod = EncryptionMethod.xtsAes128,
): Promise<ForgedVolume> =>
  forge(loadFixture("sample"), {
    layout: "windows8",
    method,
    free: freeExtents("sample"),
    protectors: [
      { kind: "recovery-password", hasBackupInfo: true },
      { kind: "startup-key" },
      { kind: "tpm-pin" },
    ],
    seed,
  })

let volume: ForgedVolume
let volumeId: string

beforeAll(async () => {
  volume = await forgeSample()
  volumeId = blockOf(volume).dataset.header.id
})

const blockOf = ({ image, metadataOffsets }: ForgedVolume) =>
  parseMetadataBlock(image.subarray(metadataOffsets[0]))!

const protectorId = (kind: string, of = volume): string =>
  of.protectors.find((protector) => protector.kind === kind)!.id

const forgePackage = (recipe: Partial<KeyPackageRecipe> = {}, of = volume): Uint8Array =>
  forgeKeyPackage(of, {
    variant: "dataset",
    encoding: "binary",
    protectorId: protectorId("recovery-password", of),
    ...recipe,
  })

/** The FVEK that a package gives to the volume's own credentials: only tags decide. */
async function openFvek(
  { protectors, datums }: KeyPackage,
  of: ForgedVolume,
): Promise<Uint8Array | undefined> {
  for (const protector of protectors) {
    const forged = of.protectors.find(({ id }) => id === protector.id)!
    const { recoveryPassword, startupKey } = forged
    const key16 = recoveryPassword && parseRecoveryPassword(recoveryPassword).key16.reveal()
    const key = key16
      ? await stretched(stretchInputOfRecoveryPassword(key16, nodeCrypto.sha256), protector.salt!)
      : startupKey && parseStartupKey(startupKey.file).key.reveal()
    for (const box of key ? protector.wrappedVmk : []) {
      const vmk = openKey(key!, box)
      for (const fvek of vmk ? wrappedFveks(datums) : []) {
        const opened = openKey(vmk!, fvek)
        if (opened) return opened
      }
    }
  }
  return undefined
}

function wrappedFveks(datums: KeyPackage["datums"]): CcmBox[] {
  const boxes = datums.filter(({ role }) => role === DatumRole.fvek).map(readCcmBox)
  return boxes.filter((box) => box !== undefined)
}

function openKey(key: Uint8Array, box: CcmBox): Uint8Array | undefined {
  const plaintext = nodeCrypto.openCcm(key, box)
  return plaintext && parseKeyDatum(plaintext)?.key
}

const ENCODING_NAMES = Object.keys(KEY_PACKAGE_ENCODINGS) as (keyof typeof KEY_PACKAGE_ENCODINGS)[]

describe.each(KEY_PACKAGE_VARIANTS)("a key package as %s", (variant) => {
  it.each(ENCODING_NAMES)("written as %s is read and opens", async (encoding) => {
    for (const kind of ["recovery-password", "startup-key"]) {
      const file = forgePackage({ variant, encoding, protectorId: protectorId(kind) })
      const [found, ...others] = parseKeyPackages(file)
      expect(others).toEqual([])
      expect(found).toMatchObject({ variant, encoding: KEY_PACKAGE_ENCODINGS[encoding].as, findings: [] })
      expect(found!.protectors.map(({ id }) => id)).toContain(protectorId(kind))
      const namesVolume = variant !== "bare-datums" || encoding === "LDIF"
      expect(found!.volumeId).toBe(namesVolume ? volumeId : undefined)
      expect(found!.description).toBe("FORGE VOLUME 6/1/2021")
      expect(await openFvek(found!, volume)).toEqual(volume.fvek)
    }
  })
})

describe.each(Object.entries(EncryptionMethod))("a key package of a volume with %s", (_, method) => {
  it("holds its FVEK", async () => {
    const other = await forgeSample(1, method)
    const [found] = parseKeyPackages(forgePackage({}, other))
    expect(found!.methodNumber).toBe(method)
    expect(await openFvek(found!, other)).toEqual(other.fvek)
  })
})

describe("parseKeyPackages", () => {
  it("finds datums among other bytes, at any offset", async () => {
    const junk = seededRandom(3)
    for (const length of [1, 7, 700, 5000]) {
      const bare = forgePackage({ variant: "bare-datums" })
      const [found] = parseKeyPackages(concatBytes([junk.bytes(length), bare, junk.bytes(length)]))
      expect(found).toMatchObject({ variant: "bare-datums", encoding: "binary" })
      expect(await openFvek(found!, volume)).toEqual(volume.fvek)
    }
  })

  it("finds a dataset behind up to 512 bytes of a header", async () => {
    for (const length of [1, 16, 37, 64, 512]) {
      const prefix = seededRandom(length).bytes(length)
      const [found] = parseKeyPackages(forgePackage({ variant: "prefixed-dataset", prefix }))
      expect(found).toMatchObject({ variant: "prefixed-dataset", volumeId })
      expect(await openFvek(found!, volume)).toEqual(volume.fvek)
    }
  })

  it("takes all metadata copies of a carved area, and judges each by its CRC", () => {
    const { image, metadataOffsets } = volume
    const copies = metadataOffsets.map((at) => image.slice(at, at + AREA_SIZE))
    copies[1]![InformationHeader.offsetOf("state")]! ^= 1
    const found = parseKeyPackages(concatBytes([new Uint8Array(1000), ...copies]))
    expect(found.map(({ variant }) => variant)).toEqual(Array(3).fill("metadata-block"))
    expect(found.map(({ block }) => block!.crc)).toEqual(["right", "wrong", "right"])
    expect(found[1]!.findings).toMatchObject([{ code: "metadata-crc-wrong" }])
  })

  it("takes every entry of an LDIF file, each with its volume", async () => {
    const other = await forgeSample(2)
    const otherId = blockOf(other).dataset.header.id
    const bare = { variant: "bare-datums" } as const
    const text = `version: 1\n\ndn: CN=PC-2\ncn: PC-2\n\n${ldifEntry(forgePackage(bare), volumeId)}${ldifEntry(forgePackage(bare, other), otherId)}`
    const found = parseKeyPackages(new TextEncoder().encode(text))
    expect(found.map(({ volumeId }) => volumeId)).toEqual([volumeId, otherId])
    expect(await openFvek(found[0]!, volume)).toEqual(volume.fvek)
    expect(await openFvek(found[1]!, other)).toEqual(other.fvek)
  })

  it("goes on behind a datum with a broken size", async () => {
    for (const variant of ["dataset", "metadata-block", "bare-datums"] as const) {
      const file = forgePackage({ variant })
      const [whole] = parseKeyPackages(file)
      // The description comes first.
      file.fill(0xff, whole!.datums[0]!.offset, whole!.datums[0]!.offset + 2)
      const [found] = parseKeyPackages(file)
      expect(found!.variant).toBe(variant)
      expect(await openFvek(found!, volume)).toEqual(volume.fvek)
    }
  })

  it("takes what is whole of a package that was cut", async () => {
    const file = forgePackage()
    const [found] = parseKeyPackages(file.subarray(0, file.length - 40))
    expect(found).toMatchObject({ variant: "dataset", volumeId, protectors: [{ kind: "recovery-password" }] })
    expect(found!.findings).toMatchObject([{ code: "datum-broken" }])
    expect(await openFvek(found!, volume)).toBeUndefined()
  })

  it("bears a few bytes too many, and a size that is off", async () => {
    const longer = concatBytes([forgePackage(), new Uint8Array(12)])
    expect(parseKeyPackages(longer)).toMatchObject([{ variant: "dataset", volumeId }])
    expect(await openFvek(parseKeyPackages(longer)[0]!, volume)).toEqual(volume.fvek)
  })

  it("names no volume where the dataset is named after its key protector", () => {
    const contents = keyPackageContents(blockOf(volume).dataset, protectorId("startup-key"))!
    const dataset = { ...contents.dataset, id: protectorId("startup-key") }
    const [found] = parseKeyPackages(serializeKeyPackage({ ...contents, dataset }))
    expect(found!.variant).toBe("dataset")
    expect(found).not.toHaveProperty("volumeId")
  })

  it("finds nothing in what holds no key", () => {
    const nothing = [
      new Uint8Array(0),
      new Uint8Array(100_000),
      seededRandom(5).bytes(100_000),
      volume.image.slice(0, 512),
      volume.protectors.find(({ startupKey }) => startupKey)!.startupKey!.file,
      new TextEncoder().encode("110011-220022-330033-440044-550055-660066-000011-123453\r\n"),
      new TextEncoder().encode("{48, 1, 0, 0...}"),
    ]
    for (const file of nothing) expect(parseKeyPackages(file)).toEqual([])
  })
})

describe("serializeKeyPackage", () => {
  it("writes what it was read from, byte for byte", () => {
    const file = forgePackage()
    const [found] = parseKeyPackages(file)
    const header = DatasetHeader.parse(file)
    expect(header).toMatchObject({ size: file.length, end: file.length, id: volumeId })
    const dataset = { header, datums: found!.datums }
    expect(serializeKeyPackage(keyPackageContents(dataset, protectorId("recovery-password"))!)).toEqual(file)
  })

  it("has the sizes that the parts of real volumes add up to", () => {
    // Header, VMK info with backup info, FVEK of XTS-AES 128, description.
    expect(forgePackage().length).toBe(48 + 316 + 80 + blockOf(volume).dataset.datums[0]!.size)
  })

  it("leaves the other key protectors out", () => {
    const [found] = parseKeyPackages(forgePackage())
    expect(found!.protectors.map(({ id }) => id)).toEqual([protectorId("recovery-password")])
  })

  it("has nothing to write for a key protector that is not there", () => {
    expect(keyPackageContents(blockOf(volume).dataset, volumeId)).toBeUndefined()
  })
})

describe("matchKeyPackages", () => {
  const match = (packages: readonly KeyPackage[], ...identity: Parameters<typeof matchKeyPackages>[1][]) =>
    Object.entries(matchKeyPackages(packages, identity[0]!))
      .filter(([, matched]) => matched.length > 0)
      .map(([verdict]) => verdict)

  it("tells the package of this volume from that of another", async () => {
    const [own] = parseKeyPackages(forgePackage())
    const [foreign] = parseKeyPackages(forgePackage({}, await forgeSample(2)))
    expect(match([own!], { volumeId })).toEqual(["fitting"])
    expect(match([foreign!], { volumeId })).toEqual(["foreign"])
    expect(matchKeyPackages([foreign!, own!], { volumeId })).toEqual({
      fitting: [own],
      undecided: [],
      foreign: [foreign],
    })
  })

  it("cannot tell where either has no name", () => {
    const [own] = parseKeyPackages(forgePackage())
    const [bare] = parseKeyPackages(forgePackage({ variant: "bare-datums" }))
    expect(match([own!], {})).toEqual(["undecided"])
    expect(match([bare!], { volumeId })).toEqual(["undecided"])
  })

  it("trusts a key protector that both have, whatever the headers say", async () => {
    const [own] = parseKeyPackages(forgePackage())
    const otherId = blockOf(await forgeSample(2)).dataset.header.id
    const protectorIds = volume.protectors.map(({ id }) => id)
    expect(match([own!], { volumeId: otherId })).toEqual(["foreign"])
    expect(match([own!], { volumeId: otherId, protectorIds })).toEqual(["fitting"])
  })
})
