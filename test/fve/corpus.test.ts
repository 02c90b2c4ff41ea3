/** The format against volumes made by Windows Vista to 11: every fact that is known of them. */
import { describe, expect, it } from "vitest"
import { formatRecoveryPassword } from "../../src/credential/index.ts"
import { nodeCrypto } from "../../src/crypto/node.ts"
import { toHex } from "../../src/bytes/hex.ts"
import { EncryptionMethod } from "../../src/crypto/method.ts"
import { Secret } from "../../src/crypto/secret.ts"
import { hex } from "../../src/extents/extent.ts"
import type { Finding } from "../../src/findings.ts"
import {
  AREA_SIZE,
  type BootLayout,
  findFvek,
  FveSector,
  KeyType,
  metadataBlockParts,
  type MetadataBlock,
  parseKeyDatum,
  parseMetadataBlock,
  readCcmBox,
  readKeyProtectors,
  readRevealingBoxes,
  readVolumeFacts,
  recogniseBootSector,
  type RevealingBox,
  serializeMetadataBlock,
  ToGoSector,
  VistaSector,
} from "../../src/fve/index.ts"
import { allDatums } from "../suites/all-datums.ts"
import { reconcile, settle } from "../../src/repair/index.ts"
import { corpusEntry, hasCorpus, readCorpus } from "../suites/corpus.ts"
import { corpusVmks } from "../suites/corpus-keys.ts"
import { corpusVolumes } from "../vectors/corpus-volumes.ts"

/** Their authors kept copy 1 only; the others are zeros or beyond the end of the image. */
const ONE_COPY: ReadonlySet<string> = new Set(["vista", "win7_partial"])
/** Nine bytes of copies 1 and 2 are overwritten. */
const WITH_WRONG_CRC = "bitlk-aes-xts-128-crc"

async function readCopies(name: string): Promise<MetadataBlock[]> {
  const boot = recogniseBootSector(await readCorpus(name, 0, 512))!
  const first = parseMetadataBlock(await readCorpus(name, boot.metadataOffsets[0]!, AREA_SIZE))!
  const { metadataOffsets } = readVolumeFacts(first)
  const areas = await Promise.all(metadataOffsets.map((at) => readCorpus(name, at, AREA_SIZE)))
  return areas
    .map((area, i) => parseMetadataBlock(area, metadataOffsets[i]))
    .filter((block) => block !== undefined)
}

const intactCopy = async (name: string): Promise<MetadataBlock> => {
  const copies = await readCopies(name)
  return copies.find(({ crc }) => crc === "right")!
}

describe.skipIf(!hasCorpus).each(corpusVolumes)("$name", (known) => {
  const { name } = known

  it("is recognised by its boot sector", async () => {
    const sector = await readCorpus(name, 0, 512)
    const boot = recogniseBootSector(sector)!
    expect(boot.layout).toBe(known.layout)
    expect(boot.sectorSize).toBe(known.sectorSize)
    const count = known.layout === "vista" ? 1 : 3
    expect(boot.metadataOffsets.map(hex)).toEqual(known.metadataOffsets.slice(0, count))
    expect(rewritten(sector, known.layout)).toEqual(sector)
  })

  it("has metadata copies whose checksums are what is known", async () => {
    const copies = await readCopies(name)
    expect(copies).toHaveLength(ONE_COPY.has(name) ? 1 : 3)
    const expected = name === WITH_WRONG_CRC ? ["wrong", "wrong", "right"] : copies.map(() => "right")
    expect(copies.map(({ crc }) => crc)).toEqual(expected)
    for (const copy of copies) {
      expect(copy.findings.map(({ code }) => code)).toEqual(
        copy.crc === "right" ? [] : ["metadata-crc-wrong"],
      )
      expect(copy.infoSize + copy.validation!.header.size).toBe(copy.areaSize)
    }
  })

  it("says the known facts of its volume", async () => {
    const facts = readVolumeFacts(await intactCopy(name), known.sectorSize)
    expect(facts).toMatchObject({ version: known.version, state: known.state, nextState: known.nextState })
    expect(facts.method ?? null).toBe(known.method)
    expect(facts.sectorSize).toBe(known.sectorSize)
    expect(facts.metadataOffsets.map(hex)).toEqual(known.metadataOffsets)
    expect(hex(facts.watermark)).toBe(known.watermark)
    expect(
      facts.headBackup && { start: hex(facts.headBackup.start), length: hex(facts.headBackup.length) },
    ).toEqual(known.headBackup)
    expect(facts.mftMirrorLcn && hex(facts.mftMirrorLcn)).toBe(known.mftMirrorLcn)
    expect(facts.extensionFlags && hex(facts.extensionFlags)).toBe(known.extensionFlags)
    expect(facts.osBuild).toBe(known.osBuild)
  })

  it("has the known key protectors, in their order", async () => {
    const protectors = readKeyProtectors((await intactCopy(name)).dataset)
    expect(protectors.map(({ kind }) => kind)).toEqual(known.protectors)
    expect(protectors.map(({ wrappedVmk }) => wrappedVmk.length)).toEqual(protectors.map(() => 1))
  })

  it("is written again byte for byte", async () => {
    for (const copy of await readCopies(name)) {
      if (copy.crc !== "right") continue
      expect(serializeMetadataBlock(metadataBlockParts(copy))).toEqual(copy.bytes.subarray(0, copy.areaSize))
    }
  })

  it("has nonce counters below the next one", async () => {
    const { dataset } = await intactCopy(name)
    const boxes = [...allDatums(dataset.datums)].map(readCcmBox).filter((box) => box !== undefined)
    const counters = boxes.map(({ nonce }) => new DataView(nonce.buffer).getUint32(8, true))
    expect(Math.max(0, ...counters)).toBeLessThan(dataset.header.nonceCounter)
  })
})

const locked = corpusVolumes.filter(({ method }) => method !== null)

describe.skipIf(!hasCorpus).each(locked)("the keys of $name", (known) => {
  const { name } = known

  it("are opened by each credential, and the hash proves the holder", { timeout: 120_000 }, async () => {
    const block = await intactCopy(name)
    const { credentials } = corpusEntry(name)
    const vmks = await corpusVmks(block, corpusEntry(name))
    const clearKeys = known.protectors.filter((kind) => kind === "clear-key").length
    const given = [credentials.password, ...(credentials.recoveryPasswords ?? []), credentials.startupKey]
    expect(vmks).toHaveLength(given.filter((one) => one !== undefined).length + clearKeys)
    expect(new Set(vmks.map(toHex)).size).toBe(1)
    expect(hashVerdict(block, vmks[0])?.code).toBe("metadata-hash-right")
    expect(hashVerdict(block, new Uint8Array(32))?.severity).toBe("damage")
    const fveks = findFvek(block.dataset).map((box) => parseKeyDatum(nodeCrypto.openCcm(vmks[0]!, box)!)!)
    expect(fveks.map(({ keyType }) => keyType)).toEqual([known.method])
    expect(toHex(fveks[0]!.key)).toBe(known.fvek ?? toHex(fveks[0]!.key))
  })

  it("reveal every recovery password", { timeout: 120_000 }, async () => {
    const block = await intactCopy(name)
    const { credentials } = corpusEntry(name)
    const [vmk] = await corpusVmks(block, corpusEntry(name))
    const boxes = readKeyProtectors(block.dataset).flatMap(readRevealingBoxes)
    const keys = boxes.map(({ gives, box }) => ({ gives, ...parseKeyDatum(nodeCrypto.openCcm(vmk!, box)!)! }))
    expect(keys.map(({ keyType }) => keyType)).toEqual(boxes.map(({ gives }) => KEY_TYPES[gives]))
    const passwords = keys.filter(({ gives }) => gives === "recovery-password")
    const digits = passwords.map(({ key }) => formatRecoveryPassword(key))
    expect(digits).toEqual(credentials.recoveryPasswords ?? digits)
  })
})

const KEY_TYPES: Readonly<Record<RevealingBox["gives"], number>> = {
  "recovery-password": KeyType.recoveryPassword,
  "stretched-recovery-password": KeyType.stretchedRecoveryPassword,
  "stretched-password": KeyType.stretchedPassword,
  "external-key": KeyType.externalKey,
  other: KeyType.publicKeyIntermediate,
}

describe.skipIf(!hasCorpus)("a decrypted volume", () => {
  it("has a hash that nothing wraps", async () => {
    expect(hashVerdict(await intactCopy("decrypted"))?.code).toBe("metadata-hash-right")
  })
})

/** Who wrote the block, as the VMK tells. */
function hashVerdict(block: MetadataBlock, vmk?: Uint8Array): Finding | undefined {
  const copy = { copy: 1, offset: Number(block.header.copyOffsets[0]), bytes: block.bytes, unreadable: [] }
  const fvek = new Secret(new Uint8Array(0))
  const keys = vmk && { method: EncryptionMethod.aes128Cbc, fvek, vmk: new Secret(vmk) }
  return settle(reconcile({ copies: [copy] }), keys, nodeCrypto).findings.find(({ code }) =>
    /hash/.test(code),
  )
}

function rewritten(sector: Uint8Array, layout: BootLayout): Uint8Array {
  if (layout === "vista") return VistaSector.serialize(VistaSector.parse(sector))
  if (layout === "to-go") return ToGoSector.serialize(ToGoSector.parse(sector))
  return FveSector.serialize(FveSector.parse(sector))
}

describe.skipIf(!hasCorpus)("the certificate of a smart card", () => {
  it("has a public key, a thumbprint, and a key that is as long as the modulus", async () => {
    const { dataset } = await intactCopy("bitlk-aes-xts-128-smart-card")
    const protector = readKeyProtectors(dataset).find(({ kind }) => kind === "public-key")!
    expect(protector.thumbprint).toMatch(/^[0-9a-f]{40}$/)
    expect(toHex(protector.publicKey!.exponent)).toBe("010001")
    const { modulus } = protector.publicKey!
    // Big-endian, as the first and the last byte of a modulus tell: the top bit is set, and it is odd.
    expect([modulus.length, modulus[0]! >> 7, modulus.at(-1)! & 1]).toEqual([256, 1, 1])
    expect(protector.sealedKeys.map(({ length }) => length)).toEqual([256])
    // As a number it is below the modulus in one of the two orders at least, as a ciphertext has to be.
    const [sealed] = protector.sealedKeys
    const orders = [sealed!, sealed!.toReversed()].map((bytes) => Buffer.compare(bytes, modulus) < 0)
    expect(orders).toContain(true)
  })
})
