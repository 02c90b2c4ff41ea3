/** The scan reads everything once, goes on where it was stopped, ends when enough was found, and survives bad media. */
import { beforeAll, describe, expect, it } from "vitest"
import { SourceError } from "../../src/errors.ts"
import { endOf, extent, totalLength } from "../../src/extents/extent.ts"
import { foundEnough, startOf } from "../../src/locate/index.ts"
import { type ScanState, scanSource } from "../../src/pipeline/index.ts"
import { memorySource } from "../../src/source/index.ts"
import type { ForgedVolume } from "../forge/forge.ts"
import { countingSource } from "../suites/counting-source.ts"
import { faultySource } from "../suites/faulty-source.ts"
import { FIRST_SECTOR, MIB, diskWith, makeLargeVolume, makeVolume, search, wiped } from "./scene.ts"

const SIZE = 40 * MIB + 3 * 512
const START = 5 * MIB
const enough = (traces: ScanState["traces"]): boolean => foundEnough(traces, [], SIZE)

let volume: ForgedVolume
let disk: Uint8Array
let whole: ScanState
beforeAll(async () => {
  volume = await makeVolume()
  disk = diskWith(SIZE, [
    { at: START, bytes: wiped(volume.image, FIRST_SECTOR) },
    // A stray datum across the border of two pieces.
    { at: 24 * MIB - 100, bytes: volume.image.subarray(volume.metadataOffsets[0]! + 112).subarray(0, 1024) },
  ])
  whole = (await search(disk)).state
})

describe("a scan", () => {
  it("reads every byte once, but for the margins", async () => {
    const source = countingSource(memorySource(disk))
    const { state } = await scanSource({ source, reach: "sectors" })
    expect(state.scanned).toEqual([extent(0, SIZE)])
    expect(source.bytesRead()).toBeLessThan(SIZE * 1.05)
    expect(state.traces.filter(({ kind }) => kind === "metadata-block")).toHaveLength(3)
  })

  it("sees what lies across the border of two pieces", () => {
    const stray = whole.traces.filter(({ kind, at }) => kind === "datum" && at > 20 * MIB)
    expect(stray.some(({ at }) => at < 24 * MIB)).toBe(true)
    expect(stray.some(({ at }) => at >= 24 * MIB)).toBe(true)
  })

  it.each([1, 2, 3, 4])("goes on after %i extents, to the same end", async (turns) => {
    let state: ScanState | undefined
    for (let turn = 0; turn < turns; turn++) {
      const abort = new AbortController()
      const result = await scanSource({
        source: memorySource(disk),
        reach: "sectors",
        state: state && (JSON.parse(JSON.stringify(state)) as ScanState),
        signal: abort.signal,
        onProgress: ({ scanned }) => {
          if (totalLength(scanned) > totalLength(state?.scanned ?? [])) abort.abort(new Error("that will do"))
        },
      })
      expect(result.stopped).toMatchObject({ message: "that will do" })
      state = result.state
    }
    const source = countingSource(memorySource(disk))
    const end = await scanSource({ source, reach: "sectors", state })
    expect(end).toEqual({ state: whole, endedEarly: false })
    expect(source.bytesRead()).toBeLessThan(SIZE - turns * 7 * MIB)
  })

  it("has nothing to do when it is at its end", async () => {
    const source = countingSource(memorySource(disk))
    expect((await scanSource({ source, reach: "sectors", state: whole })).state).toEqual(whole)
    expect(source.requests).toEqual([])
  })

  it("ends when three intact copies lie where they say, and not before", async () => {
    const source = countingSource(memorySource(disk))
    const { state, endedEarly } = await scanSource({ source, reach: "sectors", isEnough: enough })
    expect(endedEarly).toBe(true)
    expect(endOf(state.scanned.at(-1)!)).toBeGreaterThan(START + volume.metadataOffsets[2]!)
    expect(source.bytesRead()).toBeLessThan(25 * MIB)
  })

  it.each([
    [
      "a copy is damaged",
      START,
      (image: Uint8Array) =>
        image.fill(7, volume.metadataOffsets[2]! + 200, volume.metadataOffsets[2]! + 300),
    ],
    [
      "a copy is gone",
      START,
      (image: Uint8Array) => image.fill(0, volume.metadataOffsets[0], volume.metadataOffsets[0]! + 512),
    ],
    ["the volume starts where none does", START + 512 * 9, (image: Uint8Array) => image],
  ])("does not end early when %s", async (_, start, meddle) => {
    const source = memorySource(
      diskWith(SIZE, [{ at: start, bytes: meddle(wiped(volume.image, FIRST_SECTOR)) }]),
    )
    const { endedEarly } = await scanSource({ source, reach: "sectors", isEnough: enough })
    expect(endedEarly).toBe(false)
  })

  it("is not ended by a virtual disk on a volume whose copies come later", async () => {
    const host = await makeLargeVolume(32 * MIB, { seed: 4 })
    const disk = diskWith(SIZE, [
      { at: MIB, bytes: wiped(host.image, FIRST_SECTOR, extent(host.metadataOffsets[0]!, 512)) },
      { at: 2 * MIB + 0x6000, bytes: volume.image },
    ])
    const { state } = await scanSource({ source: memorySource(disk), reach: "sectors", isEnough: enough })
    const { places } = await search(disk)
    expect(startOf(places[0]!)).toBe(MIB)
    expect(state.scanned).toEqual([extent(0, SIZE)])
  })

  it("leaves out what cannot be read, and says where", async () => {
    const bad = [extent(START + volume.metadataOffsets[1]!, 512), extent(30 * MIB, 3 * 512)]
    const { state, endedEarly } = await scanSource({
      source: faultySource(disk, bad),
      reach: "sectors",
      isEnough: enough,
    })
    expect(state.unreadable).toEqual(bad)
    expect(endedEarly).toBe(false)
    expect(state.traces.filter(({ kind }) => kind === "metadata-block")).toHaveLength(2)
  })

  it("keeps what it has when the source goes away", async () => {
    const source = memorySource(disk)
    const gone = {
      ...source,
      async read(at: number, into: Uint8Array) {
        if (at >= 16 * MIB) throw new SourceError("source-gone", "the source is gone", { next: [] })
        return source.read(at, into)
      },
    }
    const { state, stopped } = await scanSource({ source: gone, reach: "sectors" })
    expect(stopped).toBeInstanceOf(SourceError)
    expect(state.scanned).toEqual([extent(0, 16 * MIB)])
  })

  it("does not begin when it is told to stop", async () => {
    const source = countingSource(memorySource(disk))
    const signal = AbortSignal.abort(new Error("no"))
    expect(await scanSource({ source, reach: "sectors", signal })).toMatchObject({
      stopped: { message: "no" },
    })
    expect(source.requests).toEqual([])
  })
})
