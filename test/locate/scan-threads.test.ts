/** The scan by threads, in the built form: the same state as inline, and the same ends. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { SourceError } from "../../dist/errors.js"
import { type ScanRequest, scanSource } from "../../dist/pipeline/scan-source.js"
import { extent, totalLength } from "../../src/extents/extent.ts"
import { FIRST_SECTOR, MIB, diskWith, makeVolume, search, wiped } from "./scene.ts"

const SIZE = 96 * MIB + 1536
const START = 70 * MIB + 512

const folder = mkdtempSync(join(tmpdir(), "repair-bde-scan-"))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
const path = join(folder, "disk.img")
const source: ScanRequest["source"] = { kind: "file", path }

let disk: Uint8Array
beforeAll(async () => {
  const { image } = await makeVolume()
  disk = diskWith(SIZE, [
    { at: START, bytes: wiped(image, FIRST_SECTOR) },
    { at: 3 * MIB, bytes: image },
  ])
  writeFileSync(path, disk)
})

describe("a scan by threads", () => {
  it.each(["sectors", "anywhere"] as const)("meets what a scan inline meets, %s", async (reach) => {
    const { state } = await search(disk, reach)
    expect(state.traces.length).toBeGreaterThan(6)
    for (const lanes of [0, 1, 2, 3]) {
      expect(await scanSource({ source, reach, lanes }), `${lanes} threads`).toEqual({
        state,
        endedEarly: false,
      })
    }
  })

  it("reads only the slice that it is asked for", async () => {
    const part = extent(START, 8 * MIB)
    const slice: ScanRequest["source"] = {
      kind: "slice",
      of: { kind: "file", path },
      extent: part,
      sectorSize: 512,
    }
    const { state } = await scanSource({ source: slice, reach: "sectors", lanes: 2 })
    expect(state).toEqual((await search(disk.slice(START, START + 8 * MIB))).state)
  })

  it("ends early and goes on from there", async () => {
    const early = await scanSource({
      source,
      reach: "sectors",
      lanes: 1,
      isEnough: (traces) => traces.length > 3,
    })
    expect(early.endedEarly).toBe(true)
    expect(totalLength(early.state.scanned)).toBeLessThan(SIZE)
    const rest = await scanSource({ source, reach: "sectors", state: early.state })
    expect(rest.state).toEqual((await search(disk)).state)
  })

  it("stops when it is told to, with what it has", async () => {
    const abort = new AbortController()
    const { state, stopped } = await scanSource({
      source,
      reach: "anywhere",
      signal: abort.signal,
      onProgress: () => abort.abort(new Error("stop")),
    })
    expect(stopped).toMatchObject({ message: "stop" })
    expect(totalLength(state.scanned)).toBeLessThan(SIZE)
  })

  it("tells what became of the source, as the source itself said it", async () => {
    const gone: ScanRequest["source"] = {
      kind: "slice",
      of: { kind: "file", path },
      extent: extent(0, 2 * SIZE),
      sectorSize: 512,
    }
    await expect(scanSource({ source: gone, reach: "sectors" })).rejects.toThrow(RangeError)
    const missing: ScanRequest["source"] = { kind: "file", path: join(folder, "missing") }
    await expect(scanSource({ source: missing, reach: "sectors", lanes: 2 })).rejects.toBeInstanceOf(
      SourceError,
    )
  })
})
