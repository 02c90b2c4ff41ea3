/** Encrypt-on-write volumes with damage to the structures that say how sectors are stored: what is lost is decided by trial. */
import { beforeAll, describe, expect, it } from "vitest"
import { indexOfBytes } from "../../src/bytes/compare.ts"
import { EncryptionMethod } from "../../src/crypto/method.ts"
import { nodeCrypto } from "../../src/crypto/node.ts"
import { readVolumeFacts, recogniseBootSector } from "../../src/fve/index.ts"
import { surveyMetadata } from "../../src/locate/index.ts"
import { reconcile } from "../../src/repair/index.ts"
import { memorySource } from "../../src/source/index.ts"
import { planVolume, plainView, surveyConversion } from "../../src/volume/index.ts"
import { freeExtents, loadFixture } from "../fixtures/fixtures.ts"
import { type ForgedVolume, forge } from "../forge/forge.ts"

let volume: ForgedVolume
beforeAll(async () => {
  volume = await forge(loadFixture("ntfs-512"), {
    layout: "windows8",
    method: EncryptionMethod.xtsAes128,
    free: freeExtents("ntfs-512"),
    protectors: [{ kind: "startup-key" }],
    conversion: {
      kind: "eow",
      direction: "encrypting",
      progress: [0.5, 0.2, 0.8],
      chunkSize: 0x40000,
      regionSize: 0x200000,
    },
  })
})

const latin1 = (text: string): Uint8Array => Uint8Array.from(text, (c) => c.charCodeAt(0))

/** Positions of every structure with the signature, on sector borders. */
function places(image: Uint8Array, signature: string): number[] {
  const found: number[] = []
  for (
    let at = indexOfBytes(image, latin1(signature));
    at >= 0;
    at = indexOfBytes(image, latin1(signature), at + 1)
  ) {
    if (at % 512 === 0) found.push(at)
  }
  return found
}

/** The plaintext of the damaged image, and the codes of the findings. */
async function open(
  damage: (image: Uint8Array) => void,
): Promise<{ plaintext: Uint8Array; codes: string[] }> {
  const image = volume.image.slice()
  damage(image)
  const source = memorySource(image)
  const boot = recogniseBootSector(image)!
  const { block } = reconcile({ copies: await surveyMetadata(source, boot.metadataOffsets) })
  const facts = readVolumeFacts(block!)
  const cipher = nodeCrypto.createSectorCipher(volume.method, volume.fvek!, 512)
  const evidence = await surveyConversion({ source, facts, boot, sectorSize: 512, cipher })
  const plaintext = new Uint8Array(image.length)
  await plainView(source, planVolume(evidence.facts), cipher).read(0, plaintext)
  return { plaintext, codes: evidence.findings.map(({ code }) => code) }
}

/** Sectors that differ from what the volume holds. */
function wrongSectors(plaintext: Uint8Array, ignored: readonly number[] = []): number[] {
  const wrong: number[] = []
  for (let at = 0; at < plaintext.length; at += 512) {
    const same =
      Buffer.compare(plaintext.subarray(at, at + 512), volume.expected.subarray(at, at + 512)) === 0
    if (!same && !ignored.some((place) => at >= place && at < place + 0x1000)) wrong.push(at)
  }
  return wrong
}

describe("damaged encrypt-on-write structures", () => {
  it("opens with one information block of two", async () => {
    const [first] = places(volume.image, "FVE-EOW\0")
    const { plaintext, codes } = await open((image) => image.fill(0, first, first! + 64))
    expect(wrongSectors(plaintext)).toEqual([])
    expect(codes).not.toContain("eow-info-lost")
  })

  it("decides the next chunk by trial when one bitmap record of two is lost", async () => {
    const records = places(volume.image, "FVE-EOWBR\0")
    for (const record of records) {
      const { plaintext, codes } = await open((image) => {
        image[record + 0x30]! ^= 0xff
      })
      expect(wrongSectors(plaintext)).toEqual([])
      expect(codes).toContain("eow-record-lost")
    }
  })

  it("decides a region by trial when both of its records are lost, or its bitmap", async () => {
    const [bitmap] = places(volume.image, "FVE-EOWBM\0")
    const { plaintext, codes } = await open((image) => image.fill(0xaa, bitmap! + 0x200, bitmap! + 0x600))
    expect(codes).toContain("eow-records-lost")
    expect(wrongSectors(plaintext)).toEqual([])
    const without = await open((image) => image.fill(0, bitmap, bitmap! + 0x600))
    expect(without.codes).toContain("eow-bitmap-lost")
    // Where the bitmap was, nothing says that it was: its zeros stay what they are, and its log is unknown.
    expect(wrongSectors(without.plaintext, [bitmap!]).length).toBeLessThan(volume.image.length / 512 / 20)
  })
})
