import { describe, expect, it } from "vitest"
import { referenceCrypto } from "../../src/crypto/reference.ts"
import { type Extent, extent } from "../../src/extents/extent.ts"
import { type StoredVolume, readPlainSectors } from "../../src/volume/plain-sectors.ts"
import type { Run } from "../../src/volume/volume-plan.ts"
import { faultySource } from "../pipeline/faulty-source.ts"

const XTS = 0x8004
const fvek = new Uint8Array(32).map((_, i) => i)

function volumeOf(
  stored: Uint8Array,
  sectorSize: number,
  runs: readonly Run[],
  holes: readonly Extent[] = [],
) {
  const reads: Extent[] = []
  const volume: StoredVolume = {
    source: faultySource(stored, holes, (at, length) => reads.push(extent(at, length))),
    plan: { size: stored.length, sectorSize, method: XTS, runs, substitutions: [] },
    cipher: referenceCrypto.createSectorCipher(XTS, fvek, sectorSize),
    keepZeros: false,
  }
  return { volume, reads }
}

describe("readPlainSectors", () => {
  it("reads once what is stored contiguously, whether plain or encrypted", async () => {
    const runs = Array.from({ length: 8 }, (_, i): Run => {
      return { kind: i % 2 === 0 ? "plain" : "encrypted", extent: extent(i * 1024, 1024) }
    })
    runs[5] = { kind: "zeroed", extent: extent(5 * 1024, 1024) }
    runs[7] = { kind: "relocated", extent: extent(7 * 1024, 1024), from: 512, stored: "plain" }
    const { volume, reads } = volumeOf(new Uint8Array(8192).fill(7), 512, runs)
    await readPlainSectors(volume, 0, new Uint8Array(8192))
    expect(reads).toEqual([extent(0, 5 * 1024), extent(6 * 1024, 1024), extent(512, 1024)])
  })

  it("loses a whole sector to a hole of 512 bytes where it is stored encrypted, and only those where plain", async () => {
    const stored = new Uint8Array(16384).fill(7)
    const runs: Run[] = [
      { kind: "encrypted", extent: extent(0, 8192) },
      { kind: "plain", extent: extent(8192, 8192) },
    ]
    const { volume } = volumeOf(stored, 4096, runs, [extent(4608, 512), extent(8704, 512)])
    const into = new Uint8Array(stored.length).fill(0x55)
    const { failed } = await readPlainSectors(volume, 0, into)
    expect(failed).toEqual([extent(4096, 4096), extent(8704, 512)])
    for (const { start, length } of failed) {
      expect(into.subarray(start, start + length).every((byte) => byte === 0)).toBe(true)
    }
    expect(into.subarray(8192, 8704).every((byte) => byte === 7)).toBe(true)
  })

  it("does not take an unreadable sector for one of zeros", async () => {
    const runs: Run[] = [{ kind: "encrypted", extent: extent(0, 2048) }]
    const { volume } = volumeOf(new Uint8Array(2048), 512, runs, [extent(512, 512)])
    const { zeros } = await readPlainSectors(volume, 0, new Uint8Array(2048))
    expect(zeros).toEqual([extent(0, 512), extent(1024, 1024)])
  })

  it("shows substituted bytes, also where only a part of them is asked for", async () => {
    const { volume } = volumeOf(new Uint8Array(2048).fill(7), 512, [
      { kind: "plain", extent: extent(0, 2048) },
    ])
    const plan = { ...volume.plan, substitutions: [{ at: 510, bytes: Uint8Array.of(1, 2, 3, 4) }] }
    const into = new Uint8Array(512)
    await readPlainSectors({ ...volume, plan }, 512, into)
    expect([...into.subarray(0, 4)]).toEqual([3, 4, 7, 7])
  })
})
