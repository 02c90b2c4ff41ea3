/** Conversions by watermark: border stale or lost, log intact, damaged or gone, a chunk in flight or none. */
import { describe, expect, it } from "vitest"
import { EncryptionMethod } from "../../src/crypto/method.ts"
import { nodeCrypto } from "../../src/crypto/node.ts"
import {
  type Extent,
  contains,
  endOf,
  extent,
  extentBetween,
  subtractExtents,
} from "../../src/extents/extent.ts"
import { LOGGED_BYTES, conversionLogGeometry, serializeConversionLog } from "../../src/fve/index.ts"
import type { ForgedVolume } from "../forge/forge.ts"
import type { Conversion, Direction } from "../forge/recipe.ts"
import { randomBytes } from "../suites/random-bytes.ts"
import { expectRightOrListed, forgeVolume, listed, openVolume, wrongSectors } from "./conversion-scene.ts"

const { xtsAes128, aes128CbcDiffuser, aes256Cbc } = EncryptionMethod
const METHODS = [xtsAes128, aes128CbcDiffuser, aes256Cbc]
const DIRECTIONS: readonly Direction[] = ["encrypting", "decrypting"]
const BOTH = METHODS.flatMap((method) =>
  DIRECTIONS.map((direction) => [`0x${method.toString(16)}, ${direction}`, method, direction] as const),
)
const CHUNK = 0x100000
const SECTOR = 512

type State = (Conversion & { kind: "watermark" })["state"]

const converting = (direction: Direction, state: State = "paused", at = 0x330000): Conversion => ({
  kind: "watermark",
  at,
  direction,
  state,
})

const borderOf = ({ storedPlain }: ForgedVolume): number => storedPlain[0]!.start

describe.each(BOTH)("a watermark, %s", (_name, method, direction) => {
  it("is confirmed by a look, and found when it is stale or lost", async () => {
    const volume = await forgeVolume(converting(direction), method)
    const border = borderOf(volume)
    const right = await expectRightOrListed(volume, [])
    expect(right.codes).toEqual([])
    for (const watermark of [
      border - 2 * CHUNK,
      border - 0x10000,
      border + 0x10000,
      border + 2 * CHUNK,
      volume.size,
    ]) {
      const outcome = await expectRightOrListed(volume, [], { facts: { watermark } })
      expect(outcome.codes).toContain("watermark-wrong")
      // Everything but the sectors around the border is certain.
      expect(listed(outcome)).toBeLessThan(0x40000)
    }
    const lost = await expectRightOrListed(volume, [], {
      facts: { watermark: 1 },
      question: { doubts: ["watermark"] },
    })
    expect(lost.codes).toContain("watermark-found")
    expect(listed(lost)).toBeLessThan(0x40000)
  })

  it("is found where the state is lost too", async () => {
    const volume = await forgeVolume(converting(direction), method)
    const outcome = await expectRightOrListed(volume, [], {
      facts: { state: 4, watermark: 0 },
      question: { doubts: ["state"] },
    })
    expect(outcome.codes).toContain("storage-decided-by-trial")
  })

  it.each(["logged", "partly", "done", "torn"] as const)(
    "with a log, its chunk %s, decides sector by sector",
    async (phase) => {
      const volume = inFlight(
        await forgeVolume(converting(direction, "converting-with-log"), method),
        direction,
        phase,
      )
      const outcome = await expectRightOrListed(volume, [])
      expect(outcome.undecidable).toEqual([])
      const { log, geometry } = logOf(volume)
      const [first] = geometry.records
      for (const gone of [
        extent(log.start + first.leading, 512),
        extent(log.start + first.data + 8, 24),
        log,
      ]) {
        await expectRightOrListed(volume, [gone])
        await expectRightOrListed(volume, [gone], {}, gone.start)
      }
    },
  )
})

const logOf = (volume: ForgedVolume) => {
  const geometry = conversionLogGeometry(SECTOR, CHUNK)
  return { geometry, log: extent(borderOf(volume), geometry.size) }
}

/** Converts the chunk next to the watermark as far as a conversion in that phase has come. */
function inFlight(
  volume: ForgedVolume,
  direction: Direction,
  phase: "logged" | "partly" | "done" | "torn",
): ForgedVolume {
  const border = borderOf(volume)
  const { log } = logOf(volume)
  const isEncrypting = direction === "encrypting"
  const chunk = isEncrypting ? extent(border, CHUNK) : extent(border - CHUNK, CHUNK)
  const cipher = nodeCrypto.createSectorCipher(volume.method, volume.fvek!, SECTOR)
  const image = volume.image.slice()
  const hidden = [...volume.zeroed.flatMap((e) => subtractExtents(e, [volume.headBackup!])), log]
  const data = new Uint8Array((chunk.length / SECTOR) * LOGGED_BYTES)
  const plain: Extent[] = []
  for (let i = 0; i < chunk.length / SECTOR; i++) {
    const at = chunk.start + i * SECTOR
    if (hidden.some((e) => contains(e, at))) continue
    const sector = image.subarray(at, at + SECTOR)
    data.set(sector.subarray(0, LOGGED_BYTES), i * LOGGED_BYTES)
    const isConverted = phase === "done" || (phase === "partly" && randomBytes(1, i)[0]! % 2 === 1)
    if (isConverted) cipher[isEncrypting ? "encrypt" : "decrypt"](sector, at)
    if (isConverted !== isEncrypting) plain.push(extent(at, SECTOR))
  }
  const record = { kind: "chunk", sequence: 1n, offset: chunk.start, data, isTorn: phase === "torn" } as const
  const bytes = serializeConversionLog({
    sectorSize: SECTOR,
    chunkSize: CHUNK,
    volumeSize: volume.size,
    regionOffset: 0,
    records: [record, { kind: "unused" }],
  })
  image.set(bytes, log.start)
  return { ...volume, image, storedPlain: [extentBetween(border, volume.size), ...plain] }
}

describe("used space only", () => {
  /** Free clusters were never encrypted: some hold zeros, some what lay there before. */
  function leaveFreeSpace(
    volume: ForgedVolume,
    free: readonly Extent[],
  ): { volume: ForgedVolume; free: Extent[] } {
    const image = volume.image.slice()
    const expected = volume.expected.slice()
    const rest = free.filter((e) => !volume.zeroed.some((z) => z.start < endOf(e) && e.start < endOf(z)))
    rest.forEach((e, i) => {
      const old = new TextEncoder().encode(
        "an old letter that was deleted long ago. ".repeat(e.length / 41 + 1),
      )
      const bytes = i % 2 === 0 ? new Uint8Array(e.length) : old.subarray(0, e.length)
      image.set(bytes, e.start)
      expected.set(bytes, e.start)
    })
    return { volume: { ...volume, image, expected }, free: rest }
  }

  const pieces = (whole: readonly Extent[]): Extent[] =>
    whole.flatMap((e) =>
      Array.from({ length: Math.floor(e.length / 0x10000) }, (_, i) => extent(e.start + i * 0x10000, 0xf000)),
    )

  it.each(METHODS)("every file comes out, and free space as it is stored (method %i)", async (method) => {
    const forged = await forgeVolume({ kind: "encrypted" }, method, { hasPlainTail: true })
    const { volume } = leaveFreeSpace(forged, pieces(freePlaces(forged)))
    const outcome = await openVolume(volume, volume.image, { question: { doubts: ["state"] } })
    expect(wrongSectors(volume.expected, outcome, outcome.undecidable)).toEqual([])
    expect(outcome.undecidable).toEqual([])
  })

  it("does not disturb a volume whose metadata say that it is encrypted", async () => {
    const forged = await forgeVolume({ kind: "encrypted" }, xtsAes128, { hasPlainTail: true })
    const { volume, free } = leaveFreeSpace(forged, pieces(freePlaces(forged)))
    const outcome = await openVolume(volume, volume.image)
    // As on Windows, what was never encrypted is decrypted too where no file is.
    expect(wrongSectors(volume.expected, outcome, free)).toEqual([])
    expect(outcome.codes).toEqual(["tail-stored-plain"])
  })
})

const freePlaces = ({ image, expected }: ForgedVolume): Extent[] => {
  const found: Extent[] = []
  for (let at = 0x10000; at + 0x10000 < image.length; at += 0x10000) {
    if (expected.subarray(at, at + 0x10000).every((byte) => byte === 0)) found.push(extent(at, 0x10000))
  }
  return found
}
