/**
 * An image that was cut holds little of a large volume. Nothing in it can be found, so that every search goes to its end:
 * and none takes longer because the volume is said to be larger.
 */
import { describe, expect, it } from "vitest"
import { EncryptionMethod } from "../../src/crypto/method.ts"
import { nodeCrypto } from "../../src/crypto/node.ts"
import { Secret } from "../../src/crypto/secret.ts"
import { extent, extentBetween } from "../../src/extents/extent.ts"
import { ConversionState, type FveBootSector, type VolumeFacts } from "../../src/fve/index.ts"
import { findOriginalBoot } from "../../src/repair/original-boot.ts"
import { searchGeometry } from "../../src/repair/search-geometry.ts"
import { type ByteSource, maskedSource, memorySource, sliceSource } from "../../src/source/index.ts"
import { plainView, planVolume, surveyConversion } from "../../src/volume/index.ts"
import { type CountingSource, countingSource } from "../suites/counting-source.ts"
import { randomBytes } from "../suites/random-bytes.ts"
import { sparseSource } from "../suites/sparse-source.ts"

const GIB = 2 ** 30
const HELD = 6 << 20
const noise = randomBytes(HELD, 5)
const method = EncryptionMethod.xtsAes128
const fvek = randomBytes(32, 6)

const facts: VolumeFacts = {
  volumeId: "",
  version: 2,
  state: ConversionState.paused,
  nextState: ConversionState.encrypted,
  watermark: GIB,
  method,
  methodNumber: method,
  hasFvek: true,
  sectorSize: 512,
  headSectorCount: 16,
  metadataOffsets: [],
  areaSize: 0x10000,
  nonceCounter: 0,
}
const boot: FveBootSector = {
  layout: "windows7",
  sectorSize: 512,
  clusterSectorCount: 8,
  hiddenSectorCount: 0,
  metadataOffsets: [],
  eowOffsets: [],
}

/** A volume of which only a few megabytes are there: its last ones, or some in the middle of an image with a map. */
const CUTS: Readonly<Record<string, (size: number) => ByteSource>> = {
  "its head is missing": (size) => sliceSource(memorySource(noise), extentBetween(HELD - size, HELD)),
  "an image was filled in one place only": (size) => {
    const at = size / 2
    const rest = [extent(0, at), extentBetween(at + HELD, size)]
    return maskedSource(sparseSource(size, [{ at, bytes: noise }]), rest)
  },
}

const SEARCHES: Readonly<Record<string, (source: CountingSource) => Promise<unknown>>> = {
  "the geometry": (source) =>
    searchGeometry({
      source,
      readings: [{ method, fvek: new Secret(fvek.slice()) }],
      crypto: nodeCrypto,
      known: { volumeStart: 0, volumeSize: source.size },
    }),
  "how sectors are stored": (source) =>
    surveyConversion({ source, facts, boot, sectorSize: 512, cipher: cipher(), doubts: ["layout", "state"] }),
  "the border of a conversion": (source) =>
    surveyConversion({ source, facts, boot, sectorSize: 512, cipher: cipher(), doubts: ["watermark"] }),
  "the boot sector": (source) => {
    const held = extentBetween(source.held![0]!.start, source.size)
    const plan = planVolume({
      ...{ size: source.size, held, sectorSize: 512, method },
      ...{ zeroed: [], storedPlain: [], substitutions: [] },
    })
    const view = plainView(source, plan, cipher())
    return findOriginalBoot({ view, source, sectorSize: 512, headLength: 0x2000 })
  },
}

const cipher = () => nodeCrypto.createSectorCipher(method, fvek, 512)

describe.each(Object.entries(CUTS))("a large volume of which %s", (_name, cut) => {
  it.each(Object.entries(SEARCHES))("is searched for %s as far as it goes", async (_search, search) => {
    const [small, large] = [countingSource(cut(GIB / 4)), countingSource(cut(96 * GIB))]
    await search(small)
    await search(large)
    // Structures have usual places, of which a larger volume has a few more.
    expect(large.requests.length).toBeLessThan(small.requests.length + 100)
    expect(large.bytesRead()).toBeLessThan(small.bytesRead() + 2 * HELD)
  })
})
