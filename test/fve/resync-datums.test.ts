/** Datums behind damage: every injury to one datum leaves the others, and most leave that one too. */
import * as fc from "fast-check"
import { beforeAll, describe, expect, it } from "vitest"
import { EncryptionMethod } from "../../src/crypto/method.ts"
import {
  AREA_SIZE,
  type Datum,
  DatumRole,
  DatumType,
  type MetadataBlock,
  parseMetadataBlock,
  readCcmBox,
  readKeyProtector,
  resyncDatums,
} from "../../src/fve/index.ts"
import { freeExtents, loadFixture } from "../fixtures/fixtures.ts"
import { forge, type Recipe } from "../forge/forge.ts"
import { randomBytes } from "../suites/random-bytes.ts"

const FIRST_DATUM = 0x70

async function blockOf(layout: Recipe["layout"], method: EncryptionMethod): Promise<MetadataBlock> {
  const volume = await forge(loadFixture("sample"), {
    layout,
    method,
    free: freeExtents("sample"),
    protectors: [
      { kind: "password", password: "anaconda" },
      { kind: "recovery-password", hasBackupInfo: true, name: "DiskPassword" },
      { kind: "startup-key" },
      { kind: "clear-key" },
      { kind: "public-key" },
      { kind: "tpm" },
    ],
    hasFutureDatums: layout === "windows8",
  })
  return parseMetadataBlock(
    volume.image.slice(volume.metadataOffsets[0], volume.metadataOffsets[0]! + AREA_SIZE),
  )!
}

/** What unlocking needs of a datum. */
function keysIn(datums: readonly Datum[]): string[] {
  return datums.flatMap((datum) => {
    const protector = readKeyProtector(datum)
    // A wrapped key of a role of the future is no FVEK, and nobody misses it.
    if (!protector && datum.role !== DatumRole.fvek) return []
    const boxes = protector ? protector.wrappedVmk : [readCcmBox(datum)]
    const key = protector?.salt ?? protector?.clearKey?.reveal()
    return boxes.flatMap((box) =>
      box ? [[key, box.nonce, box.tag, box.ciphertext].map(hexOf).join(" ")] : [],
    )
  })
}
const hexOf = (bytes: Uint8Array | undefined): string => Buffer.from(bytes ?? []).toString("hex")

const blocks: MetadataBlock[] = []
beforeAll(async () => {
  blocks.push(await blockOf("windows8", EncryptionMethod.xtsAes128))
  blocks.push(await blockOf("windows7", EncryptionMethod.aes128CbcDiffuser))
  blocks.push(await blockOf("vista", EncryptionMethod.aes128Cbc))
})

describe("resyncDatums", () => {
  it("finds the datums of a block without damage, whether or not it knows where they end", () => {
    for (const { bytes, infoSize, dataset } of blocks) {
      expect(resyncDatums(bytes, FIRST_DATUM, infoSize)).toEqual(dataset.datums)
      const area = bytes.subarray(0, 0x4000)
      // What else it finds, such as the box of the hash, opens nothing.
      const keys = expect.arrayContaining(keysIn(dataset.datums))
      expect(keysIn(resyncDatums(area, FIRST_DATUM, area.length))).toEqual(keys)
      expect(keysIn(resyncDatums(area, 0, area.length))).toEqual(keys)
    }
  })

  it.each([
    ["0", 0],
    ["7", 7],
    ["too small", 0x2a],
    ["a little too large", 0x170],
    ["past the end", 0xfff0],
  ])("goes on where a size is %s, and loses no key", (_, size) => {
    for (const { bytes, infoSize, dataset } of blocks) {
      for (const { offset, type } of dataset.datums.filter((datum) => keysIn([datum]).length > 0)) {
        const damaged = bytes.slice()
        new DataView(damaged.buffer).setUint16(offset, size, true)
        expect([type, keysIn(resyncDatums(damaged, FIRST_DATUM, infoSize))]).toEqual([
          type,
          keysIn(dataset.datums),
        ])
      }
    }
  })

  it("loses no key where the header of a datum is destroyed", () => {
    for (const { bytes, infoSize, dataset } of blocks) {
      for (const { offset, type, role } of dataset.datums) {
        const damaged = bytes.slice()
        damaged.set(randomBytes(8, offset), offset)
        const found = keysIn(resyncDatums(damaged, FIRST_DATUM, infoSize))
        expect([type, role, keysIn(dataset.datums).filter((key) => !found.includes(key))]).toEqual([
          type,
          role,
          [],
        ])
      }
    }
  })

  it("loses no other key, wherever the damage is", () => {
    const damage = fc.record({
      block: fc.nat(2),
      at: fc.nat(),
      length: fc.integer({ min: 1, max: 600 }),
      fill: fc.oneof(fc.constantFrom("zeros", "ones"), fc.integer({ min: 1, max: 1000 })),
    })
    fc.assert(
      fc.property(damage, ({ block, at, length, fill }) => {
        const { bytes, infoSize, dataset } = blocks[block]!
        const start = at % infoSize
        const end = start + length
        const damaged = bytes.slice()
        if (typeof fill === "number") damaged.set(randomBytes(length, fill), start)
        else damaged.fill(fill === "zeros" ? 0 : 0xff, start, end)
        const untouched = dataset.datums.filter(
          ({ offset, size }) => offset + size <= Math.max(start, FIRST_DATUM) || offset >= end,
        )
        const found = keysIn(resyncDatums(damaged, FIRST_DATUM, infoSize))
        expect(keysIn(untouched).filter((key) => !found.includes(key))).toEqual([])
      }),
      { numRuns: 3000 },
    )
  })

  it("takes 64 KiB of anything in bounded time, and never leaves its room", () => {
    const header = [0x80, 0x0f, 2, 0, 8, 0, 1, 0]
    const patterns = [
      randomBytes(AREA_SIZE),
      new Uint8Array(AREA_SIZE),
      new Uint8Array(AREA_SIZE).fill(0xff),
      Uint8Array.from({ length: AREA_SIZE }, (_, i) => header[i % 8]!),
      Uint8Array.from({ length: AREA_SIZE }, (_, i) => [8, 0, 0, 0, 2, 0, 1, 0][i % 8]!),
      Uint8Array.from({ length: AREA_SIZE }, (_, i) =>
        i % 44 < 8 ? header[i % 44]! : i % 44 < 36 ? 0 : [8, 0, 0, 0, 2, 0, 1, 0][(i % 44) - 36]!,
      ),
      Uint8Array.from({ length: AREA_SIZE }, (_, i) => [9, 1, 3, 0, 5, 0, 1][i % 7]!),
    ]
    const started = performance.now()
    for (const pattern of patterns) {
      for (const { offset, size } of resyncDatums(pattern, 3, AREA_SIZE + 10)) {
        expect(offset).toBeGreaterThanOrEqual(3)
        expect(offset + size).toBeLessThanOrEqual(AREA_SIZE)
      }
    }
    expect(performance.now() - started).toBeLessThan(5000)
  })

  it("takes any bytes", () => {
    const small = fc.constantFrom(0, 1, 2, 3, 5, 8, 15, 24, 36, 64, 80, 100)
    fc.assert(
      fc.property(fc.array(fc.oneof(small, small, fc.nat(255)), { maxLength: 600 }), (bytes) => {
        const datums = resyncDatums(Uint8Array.from(bytes), 0, bytes.length)
        let at = 0
        for (const { offset, size } of datums) {
          expect(offset).toBeGreaterThanOrEqual(at)
          at = offset + size
        }
        for (const datum of datums) readKeyProtector(datum)
        expect(datums.every(({ type }) => type !== DatumType.erased || bytes.length > 0)).toBe(true)
      }),
      { numRuns: 2000 },
    )
  })
})
