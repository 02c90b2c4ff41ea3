/** The writing: its order, what it looks at first, and what it refuses. */
import { describe, expect, it } from "vitest"
import type { Edit, Patch } from "../../src/fve/index.ts"
import { editsToTakeBack, takeBack, writePatch } from "../../src/patch/index.ts"
import { faultyMedium } from "./faulty-medium.ts"

const SECTOR = 512
const sector = (fill: number): Uint8Array => new Uint8Array(SECTOR).fill(fill)
const edit = (at: number, before: number, after: number, what: string): Edit => ({
  ...{ at: at * SECTOR, what },
  before: sector(before),
  after: sector(after),
})

const patch: Patch = {
  identity: {
    volumeId: "1A2B3C4D-0000-0000-0000-000000000000",
    keyIds: [],
    sourceSize: 8 * SECTOR,
    sectorSize: SECTOR,
    volumeOffset: 0,
  },
  edits: [
    edit(4, 4, 44, "metadata copy 2"),
    edit(2, 2, 22, "metadata copy 1"),
    edit(0, 0, 77, "boot sector"),
  ],
}
const drive = (): Uint8Array => Uint8Array.from({ length: 8 * SECTOR }, (_, i) => Math.floor(i / SECTOR))
const sectorsOf = (bytes: Uint8Array): number[] => Array.from({ length: 8 }, (_, i) => bytes[i * SECTOR]!)

describe("writePatch", () => {
  it("looks at every place, then writes, syncs and reads back one edit after the other", async () => {
    const medium = faultyMedium(drive())
    await writePatch(patch, medium)
    expect(sectorsOf(medium.bytes)).toEqual([77, 1, 22, 3, 44, 5, 6, 7])
    const step = ["write", "sync", "read"]
    expect(medium.calls).toEqual(["read", "read", "read", ...step, ...step, ...step])
    expect(medium.writes.map(({ start }) => start / SECTOR)).toEqual([4, 2, 0])
  })

  it.each([0, 1, 2])("writes nothing when place %i has changed", async (i) => {
    const medium = faultyMedium(drive())
    medium.bytes[patch.edits[i]!.at + 511]! ^= 1
    await expect(writePatch(patch, medium)).rejects.toMatchObject({ code: "drive-changed", exitCode: 16 })
    expect(medium.writes).toEqual([])
  })

  it("writes nothing when a place cannot be read", async () => {
    const medium = faultyMedium(drive(), { unreadable: [{ start: 2 * SECTOR, length: SECTOR }] })
    await expect(writePatch(patch, medium)).rejects.toMatchObject({ code: "place-unreadable", exitCode: 10 })
    expect(medium.writes).toEqual([])
  })

  it("stops at the first write that does not read back", async () => {
    const medium = faultyMedium(drive(), { forgets: true })
    await expect(writePatch(patch, medium)).rejects.toMatchObject({ code: "read-back-differs", exitCode: 16 })
    expect(medium.writes).toHaveLength(1)
  })
})

describe("takeBack", () => {
  it("puts everything back, the boot sector first", async () => {
    const medium = faultyMedium(drive())
    await writePatch(patch, medium)
    const undone = await takeBack(patch, faultyMedium(medium.bytes))
    expect(undone.map(({ what }) => what)).toEqual(["boot sector", "metadata copy 1", "metadata copy 2"])
    expect(medium.bytes).toEqual(drive())
  })

  it("writes nothing where nothing was written, or all is back already", async () => {
    const medium = faultyMedium(drive())
    expect(await takeBack(patch, medium)).toEqual([])
    expect(medium.writes).toEqual([])
  })

  it.each([0, 1, 2])("writes nothing when somebody else has written to place %i since", async (i) => {
    const medium = faultyMedium(drive())
    await writePatch(patch, medium)
    const used = faultyMedium(medium.bytes)
    used.bytes[patch.edits[i]!.at + 100] = 99
    await expect(takeBack(patch, used)).rejects.toMatchObject({ code: "drive-changed", exitCode: 16 })
    await expect(editsToTakeBack(patch, used)).rejects.toMatchObject({ code: "drive-changed" })
    expect(used.writes).toEqual([])
  })

  it("overwrites a sector that a write which was cut off has left unreadable", async () => {
    const medium = faultyMedium(drive(), { unreadable: [{ start: 2 * SECTOR, length: SECTOR }] })
    medium.bytes.fill(0xee, 2 * SECTOR, 3 * SECTOR)
    expect((await takeBack(patch, medium)).map(({ what }) => what)).toEqual(["metadata copy 1"])
    expect(medium.bytes).toEqual(drive())
  })
})
