/** Encrypt-on-write structures: those that Windows left in the middle of conversions, and ours. */
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import {
  AREA_SIZE,
  chunkBit,
  conversionLogGeometry,
  currentLogRecord,
  currentRecord,
  type EowBitmap,
  type EowInfo,
  parseConversionLog,
  parseEowBitmap,
  parseEowInfo,
  parseEowRecord,
  recogniseBootSector,
  serializeConversionLog,
  serializeEowBitmap,
  serializeEowInfo,
} from "../../src/fve/index.ts"
import { endOf } from "../../src/extents/extent.ts"
import { hasCorpus, readCorpus } from "../suites/corpus.ts"

async function readEow(name: string): Promise<{ infos: EowInfo[]; bitmaps: EowBitmap[] }> {
  const { eowOffsets } = recogniseBootSector(await readCorpus(name, 0, 512))!
  const infos = await Promise.all(
    eowOffsets.map(async (at) => parseEowInfo(await readCorpus(name, at, 4096))!),
  )
  const bitmaps = infos[0]!.bitmapOffsets.map(async (at) =>
    parseEowBitmap(await readCorpus(name, at, 0x600))!,
  )
  return { infos, bitmaps: await Promise.all(bitmaps) }
}

describe.skipIf(!hasCorpus).each(["decrypted", "eow_partial"])("encrypt-on-write of %s", (name) => {
  it("has right checksums everywhere", async () => {
    const { infos, bitmaps } = await readEow(name)
    expect(infos.map(({ crc }) => crc)).toEqual(["right", "right"])
    expect(bitmaps.map(({ crc }) => crc)).toEqual(Array(6).fill("right"))
    expect(bitmaps.flatMap(({ records }) => records.map(({ crc }) => crc))).toEqual(Array(12).fill("right"))
  })

  it("has regions that tile everything behind the head", async () => {
    const { bitmaps } = await readEow(name)
    const regions = bitmaps.map(({ region }) => region!)
    expect(regions.map(({ start }) => start)).toEqual([0x2000, ...regions.slice(0, -1).map(endOf)])
  })

  it("is written again byte for byte", async () => {
    const { infos } = await readEow(name)
    const { header, copyOffsets, bitmapOffsets } = infos[0]!
    const written = serializeEowInfo({ ...header, copyOffsets, bitmapOffsets })
    expect(written).toEqual(await readCorpus(name, copyOffsets[0]!, written.length))
    for (const at of bitmapOffsets) {
      const original = await readCorpus(name, at, 0x600)
      expect(rewriteBitmap(parseEowBitmap(original)!)).toEqual(original)
    }
  })

  it("has conversion logs that are written again byte for byte", async () => {
    const { infos, bitmaps } = await readEow(name)
    const { sectorSize, chunkSize, logSize, logRecordSize } = infos[0]!.header
    const geometry = conversionLogGeometry(sectorSize, chunkSize)
    expect([geometry.size, geometry.recordSize]).toEqual([logSize, logRecordSize])
    for (const { logOffset } of bitmaps) {
      const original = await readCorpus(name, logOffset!, logSize)
      const { header, records } = parseConversionLog(original, geometry)
      const fields = records.map(({ control, state, data }) => ({
        kind: control.sequence === 0n ? "unused" : state === "blank" ? "blank" : "chunk",
        sequence: control.sequence,
        offset: Number(control.offset),
        data,
      }))
      const rest = { sectorSize, chunkSize, volumeSize: Number(header!.volumeSize) }
      const regionOffset = Number(header!.regionOffset)
      const written = serializeConversionLog({ ...rest, regionOffset, records: fields as never })
      expect(Buffer.compare(written, original)).toBe(0)
    }
  })
})

describe.skipIf(!hasCorpus)("eow_partial", () => {
  it("has converted its chunks from the low end on", async () => {
    const { bitmaps } = await readEow("eow_partial")
    const progress = bitmaps.map((bitmap) => {
      const record = currentRecord(bitmap)!
      const bits = Array.from({ length: record.header.bitCount }, (_, i) => chunkBit(record, i) === true)
      const converted = bits.filter((bit) => !bit).length
      expect(bits).toEqual(bits.toSorted((a, b) => Number(a) - Number(b)))
      return `${converted} of ${bits.length}`
    })
    expect(progress).toEqual(["5 of 5", "1 of 1", "20 of 33", "0 of 32", "0 of 32", "0 of 28"])
  })

  it("has nothing in flight", async () => {
    const { bitmaps } = await readEow("eow_partial")
    const geometry = conversionLogGeometry(512, 0x800000)
    const states = bitmaps.map(async ({ logOffset }) => {
      const log = parseConversionLog(await readCorpus("eow_partial", logOffset!, geometry.size), geometry)
      return currentLogRecord(log)?.state
    })
    expect(await Promise.all(states)).toEqual(Array(6).fill("blank"))
  })
})

function rewriteBitmap({ header, records }: EowBitmap): Uint8Array {
  return serializeEowBitmap({
    regionIndex: header.regionIndex,
    regionOffset: Number(header.regionOffset),
    regionSize: Number(header.regionSize),
    logOffset: Number(header.logOffset),
    recordSize: header.recordSize,
    records: records.map(({ header, bits }) => ({ ...header, bits })),
  })
}

const offsets = (count: number) =>
  fc.array(fc.integer({ min: 1, max: 2 ** 48 }), { minLength: count, maxLength: count })

describe("encrypt-on-write structures", () => {
  it("parse to what was written", () => {
    fc.assert(
      fc.property(
        offsets(2),
        fc.array(fc.integer({ min: 1, max: 2 ** 52 }), { maxLength: 40 }),
        (copyOffsets, bitmapOffsets) => {
          const bytes = serializeEowInfo({
            sectorSize: 4096,
            chunkSize: 0x800000,
            copyOffsets,
            bitmapOffsets,
          })
          expect(parseEowInfo(bytes)).toMatchObject({ crc: "right", copyOffsets, bitmapOffsets })
        },
      ),
    )
  })

  it("survive any damage, and say so", () => {
    const bytes = serializeEowInfo({
      sectorSize: 512,
      chunkSize: 0x800000,
      copyOffsets: [1, 2],
      bitmapOffsets: [3, 4, 5],
    })
    fc.assert(
      fc.property(
        fc.integer({ min: 8, max: bytes.length - 1 }),
        fc.integer({ min: 1, max: 255 }),
        (at, flip) => {
          const damaged = bytes.slice()
          damaged[at]! ^= flip
          const info = parseEowInfo(damaged)!
          expect(info.crc).not.toBe("right")
          expect(info.bitmapOffsets.length).toBeLessThanOrEqual(3)
        },
      ),
    )
  })

  it("never trust a region count: the list ends with the bytes", () => {
    const bytes = serializeEowInfo({
      sectorSize: 512,
      chunkSize: 0x800000,
      copyOffsets: [1, 2],
      bitmapOffsets: [3],
    })
    bytes.fill(0xff, 8, 0x24)
    expect(parseEowInfo(bytes)).toMatchObject({ crc: "missing", bitmapOffsets: [3] })
  })

  it("have no bit beyond the chunks of the region", () => {
    const record = { sequence: 1n, flags: 0, bitCount: 3, bits: Uint8Array.of(0xff) }
    const places = { regionIndex: 0, regionOffset: 0x2000, regionSize: 3, logOffset: 0x3000, recordSize: 512 }
    const bitmap = parseEowBitmap(
      serializeEowBitmap({
        ...places,
        records: [record, { ...record, sequence: 2n, bits: Uint8Array.of(5) }],
      }),
    )!
    const current = currentRecord(bitmap)!
    expect([0, 1, 2, 3, 4000].map((i) => chunkBit(current, i))).toEqual([
      true,
      false,
      true,
      undefined,
      undefined,
    ])
  })

  it("are nothing without their signatures", () => {
    const noise = new Uint8Array(4096).fill(0x46)
    expect([parseEowInfo(noise), parseEowBitmap(noise), parseEowRecord(noise)]).toEqual([
      undefined,
      undefined,
      undefined,
    ])
  })

  it("have bitmaps that survive any damage within their bytes", () => {
    const record = { sequence: 1n, flags: 0, bitCount: 900, bits: new Uint8Array(113).fill(0xff) }
    const places = { regionIndex: 0, regionOffset: 0x2000, regionSize: 3, logOffset: 0x3000, recordSize: 512 }
    const valid = serializeEowBitmap({ ...places, records: [record, { ...record, sequence: 2n }] })
    const change = fc.tuple(fc.integer({ min: 10, max: valid.length - 1 }), fc.constantFrom(0, 1, 0x7f, 0xff))
    fc.assert(
      fc.property(fc.array(change, { maxLength: 60 }), fc.nat(valid.length), (changes, length) => {
        const damaged = valid.slice(0, length % 2 ? length : valid.length)
        for (const [at, byte] of changes) if (at < damaged.length) damaged[at] = byte
        for (const { bits } of parseEowBitmap(damaged)?.records ?? []) {
          expect(bits.length).toBeLessThanOrEqual(damaged.length)
        }
      }),
    )
  })

  it("fall back to the older record when the newer one is damaged", () => {
    const record = { sequence: 1n, flags: 0, bitCount: 3, bits: Uint8Array.of(7) }
    const places = { regionIndex: 0, regionOffset: 0x2000, regionSize: 3, logOffset: 0x3000, recordSize: 512 }
    const bytes = serializeEowBitmap({ ...places, records: [record, { ...record, sequence: 2n }] })
    bytes[0x400 + 0x40]! ^= 1
    expect(currentRecord(parseEowBitmap(bytes)!)!.header.sequence).toBe(1n)
    bytes[0x200 + 0x40]! ^= 1
    expect(currentRecord(parseEowBitmap(bytes)!)).toBeUndefined()
  })
})

describe("a conversion log", () => {
  const geometry = conversionLogGeometry(512, 0x10000)
  const chunk = { kind: "chunk", sequence: 3n, offset: 0x12000, data: new Uint8Array(2048).fill(7) } as const
  const log = (records: Parameters<typeof serializeConversionLog>[0]["records"]): Uint8Array =>
    serializeConversionLog({
      sectorSize: 512,
      chunkSize: 0x10000,
      volumeSize: AREA_SIZE,
      regionOffset: 0x2000,
      records,
    })
  const current = (bytes: Uint8Array) => currentLogRecord(parseConversionLog(bytes, geometry))

  it("gives the chunk that was written last", () => {
    const bytes = log([chunk, { kind: "blank", sequence: 2n }])
    expect(current(bytes)).toMatchObject({ state: "complete", chunkOffset: 0x12000, data: chunk.data })
  })

  it("calls a record without its trailing control sector torn", () => {
    expect(current(log([{ ...chunk, isTorn: true }, { kind: "unused" }]))?.state).toBe("torn")
  })

  it("calls a record whose data do not match torn", () => {
    const bytes = log([chunk, { kind: "unused" }])
    bytes[geometry.records[0].data]! ^= 1
    expect(current(bytes)?.state).toBe("torn")
  })

  it("needs only one of its headers", () => {
    const bytes = log([chunk, { kind: "unused" }])
    bytes.fill(0, 0, 512)
    expect(parseConversionLog(bytes, geometry).header?.regionOffset).toBe(0x2000n)
  })

  it("is nothing in noise, and never asks for more than its room", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 5000 }), (noise) => {
        const { records } = parseConversionLog(noise, geometry)
        for (const { data } of records) expect(data.length).toBeLessThanOrEqual(geometry.dataSize)
      }),
    )
  })
})
