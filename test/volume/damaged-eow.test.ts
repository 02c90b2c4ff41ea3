/** Encrypt-on-write conversions with damage to each structure that says how far they came, and to all of them at once. */
import { beforeAll, describe, expect, it } from "vitest"
import { EncryptionMethod } from "../../src/crypto/method.ts"
import { extent } from "../../src/extents/extent.ts"
import { conversionLogGeometry, parseEowBitmap, recogniseBootSector } from "../../src/fve/index.ts"
import type { ForgedVolume } from "../forge/forge.ts"
import type { Direction, EowConversion } from "../forge/recipe.ts"
import { expectRightOrListed, forgeVolume, listed, places } from "./conversion-scene.ts"

const { xtsAes128, aes128CbcDiffuser, aes256Cbc } = EncryptionMethod
const METHODS = [xtsAes128, aes128CbcDiffuser, aes256Cbc]
const DIRECTIONS: readonly Direction[] = ["encrypting", "decrypting"]
const CHUNK = 0x40000

const eow = (direction: Direction, inFlight?: EowConversion["inFlight"]): EowConversion => ({
  kind: "eow",
  direction,
  progress: [0.5, 0.2, 0.8],
  chunkSize: CHUNK,
  regionSize: 0x200000,
  ...(inFlight && { inFlight }),
})

const PHASES = ["logged", "partly", "done", "stale", "torn"] as const
const eowCases = DIRECTIONS.flatMap((direction) => [
  [`${direction}, stopped`, direction, xtsAes128, undefined] as const,
  ...PHASES.map(
    (phase) => [`${direction}, chunk ${phase}`, direction, xtsAes128, { region: 1, phase }] as const,
  ),
  ...[aes128CbcDiffuser, aes256Cbc].map(
    (method) =>
      [
        `${direction}, chunk partly, 0x${method.toString(16)}`,
        direction,
        method,
        { region: 1, phase: "partly" },
      ] as const,
  ),
])

describe.each(eowCases)("encrypt-on-write, %s", (_name, direction, method, flight) => {
  let volume: ForgedVolume
  /** Of the region with a chunk in flight, and of the one behind it. */
  let bitmaps: number[]
  beforeAll(async () => {
    volume = await forgeVolume(eow(direction, flight), method)
    const all = places(volume.image, "FVE-EOWBM\0")
    const indexOf = (at: number): number => parseEowBitmap(volume.image.subarray(at))!.header.regionIndex
    bitmaps = [...all].sort((a, b) => indexOf(a) - indexOf(b)).slice(1, 3)
  })
  const found = () => ({
    infos: places(volume.image, "FVE-EOW\0"),
    bitmaps: places(volume.image, "FVE-EOWBM\0"),
    logs: places(volume.image, "OLRDHEVF2\0"),
  })

  it("is right with everything there", async () => {
    const outcome = await expectRightOrListed(volume, [])
    expect(outcome.undecidable).toEqual([])
  })

  it("is right or listed with either record of a bitmap gone, with both, and with all of it", async () => {
    for (const at of bitmaps) {
      const codes: string[][] = []
      for (const gone of [
        extent(at + 512, 512),
        extent(at + 1024, 512),
        extent(at + 512, 1024),
        extent(at, 0x600),
      ]) {
        codes.push([...(await expectRightOrListed(volume, [gone], {}, gone.start)).codes])
      }
      const kinds = ["eow-record-lost", "eow-record-lost", "eow-records-lost", "eow-bitmap-lost"]
      kinds.forEach((kind, i) => expect(codes[i]).toContain(kind))
    }
  })

  it("is right or listed with any part of a log gone", async () => {
    const { records, size } = conversionLogGeometry(512, CHUNK)
    const log = bitmaps[0]! + 0x1000
    const parts = records.flatMap(({ leading, data, trailing }) => [
      extent(log + leading, 512),
      extent(log + data + 8, 24),
      extent(log + trailing, 512),
    ])
    for (const gone of [...parts, extent(log, size)]) {
      await expectRightOrListed(volume, [gone])
      await expectRightOrListed(volume, [gone], {}, gone.start)
    }
  })

  it("needs no information block when a scan finds the bitmaps", async () => {
    const gone = found().infos.map((at) => extent(at, 512))
    const outcome = await expectRightOrListed(volume, gone, { question: { found: found() } })
    expect(outcome.codes).toContain("eow-info-lost")
    expect(outcome.undecidable).toEqual([])
    const elsewhere = { ...recogniseBootSector(volume.image)!, eowOffsets: [0x1000] }
    const moved = await expectRightOrListed(volume, [], { question: { found: found(), boot: elsewhere } })
    expect(moved.codes).not.toContain("eow-info-lost")
    const rebuilt = { ...elsewhere, layout: "windows7" as const, eowOffsets: [] }
    const without = await expectRightOrListed(volume, [], {
      question: { found: found(), boot: rebuilt, doubts: ["layout"] },
    })
    expect(without.undecidable).toEqual([])
  })
})

describe("encrypt-on-write without any of its structures", () => {
  // Only chunks of a real size are told from free space: smaller plain zones between encrypted sectors are old plaintext.
  const chunkSize = 0x100000
  it.each(METHODS.flatMap((method) => DIRECTIONS.map((direction) => [method, direction] as const)))(
    "method %i, %s, is right or listed",
    async (method, direction) => {
      const volume = await forgeVolume({ ...eow(direction), chunkSize, regionSize: 0x300000 }, method)
      const logs = places(volume.image, "FVE-EOWBM\0").map((at) =>
        extent(at, 0x1000 + conversionLogGeometry(512, chunkSize).size),
      )
      const gone = [...places(volume.image, "FVE-EOW\0").map((at) => extent(at, 0x1000)), ...logs]
      const outcome = await expectRightOrListed(volume, gone)
      expect(outcome.codes).toContain("eow-info-lost")
      expect(listed(outcome)).toBeLessThan(volume.size)
    },
  )
})
