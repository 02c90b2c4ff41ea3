/** What is no trace leaves none: noise, tables of small numbers, texts and programs that know the signatures; and damage never throws. */
import { readFileSync } from "node:fs"
import { beforeAll, describe, expect, it } from "vitest"
import { serializeGuid } from "../../src/bytes/guid.ts"
import { type Reach, RecognitionGuid } from "../../src/fve/index.ts"
import { startOf } from "../../src/locate/index.ts"
import type { ForgedVolume } from "../forge/forge.ts"
import { randomBytes } from "../suites/random-bytes.ts"
import { MIB, diskWith, makeVolume, search } from "./scene.ts"

const REACHES: readonly Reach[] = ["sectors", "anywhere"]
const kernel = readFileSync(new URL("../../src/kernels/scan.wasm", import.meta.url))

/** Signatures on every sector, with whatever is there behind them. */
function signatures(size: number): Uint8Array {
  const bytes = randomBytes(size, 5)
  const names = ["-FVE-FS-", "\xeb\x58\x91-FVE-FS-", "FVE-EOW\0", "FVE-EOWBM\0", "FVE-EOWBR\0", "OLRDHEVF2\0"]
  for (let at = 0; at < size; at += 512)
    bytes.set(Buffer.from(names[(at / 512) % names.length]!, "latin1"), at)
  return bytes
}

/** As in the data section of a driver. */
function program(size: number): Uint8Array {
  const bytes = randomBytes(size, 6).map((byte) => byte & 0x4f)
  for (let at = 0xa0; at < size; at += 1024) {
    bytes.set(serializeGuid(RecognitionGuid.information), at)
    bytes.set(serializeGuid(RecognitionGuid.eow), at + 16)
  }
  return bytes
}

/** Headers of datums in a row, as a table of 16-bit numbers may have them. */
function numbers(size: number): Uint8Array {
  const row = Uint8Array.of(0x50, 0, 3, 0, 5, 0, 1, 0, 0xf0, 0, 2, 0, 8, 0, 1, 0, 100, 0, 15, 0, 15, 0, 1, 0)
  return new Uint8Array(size).map((_, at) => row[at % row.length]!)
}

describe.each(REACHES)("a search %s", (reach) => {
  it.each([
    ["noise", () => randomBytes(16 * MIB, 31)],
    ["zeros", () => new Uint8Array(4 * MIB)],
    ["text of small numbers", () => randomBytes(2 * MIB, 32).map((byte) => byte % 16)],
    ["tables of datum headers", () => numbers(MIB)],
    ["signatures with nothing behind them", () => signatures(2 * MIB)],
    ["programs that know the GUIDs", () => program(2 * MIB)],
    ["this very kernel", () => Uint8Array.from(kernel)],
  ])("finds nothing in %s", async (_, make) => {
    const { state, places } = await search(make(), reach)
    expect(state.traces).toEqual([])
    expect(places).toEqual([])
  })
})

describe("damage", () => {
  let volume: ForgedVolume
  beforeAll(async () => {
    volume = await makeVolume()
  })

  it("in metadata and boot sector never throws, and never moves a volume of which two copies hold", async () => {
    for (let seed = 1; seed <= 60; seed++) {
      const image = volume.image.slice()
      const dice = randomBytes(400, seed)
      const spared = seed % 4
      for (const [slot, offset] of [...volume.metadataOffsets, 0].entries()) {
        // Copies other than the two that are spared this time.
        if (slot < 3 && (slot === spared || slot === (spared + 1) % 3) && spared < 3) continue
        for (let i = 0; i < 40; i++)
          image[offset + ((dice[i + slot]! * 5 + dice[i + 100]!) % 1024)]! ^= dice[i + 200]!
      }
      const { places } = await search(diskWith(8 * MIB, [{ at: 3 * MIB, bytes: image }]))
      if (spared === 3) continue
      expect(places.map(startOf), `seed ${seed}`).toContain(3 * MIB)
      expect(places[0]!.metadataOffsets, `seed ${seed}`).toEqual(volume.metadataOffsets)
    }
  })
})
