/** `locate` as a job: the report, its checkpoint, and what it says when there is nothing. */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Ajv2020, type AnySchemaObject } from "ajv/dist/2020.js"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { NotFveError } from "../../src/errors.ts"
import type { JobEvent } from "../../src/job/events.ts"
import { locateOnInput } from "../../src/job/locate.ts"
import type { ScanState } from "../../src/pipeline/index.ts"
import type { ForgedVolume } from "../forge/forge.ts"
import { randomBytes } from "../suites/random-bytes.ts"
import { FIRST_SECTOR, MIB, diskWith, makeVolume, wiped } from "./scene.ts"

const SIZE = 24 * MIB
const START = MIB
const folder = mkdtempSync(join(tmpdir(), "repair-bde-locate-"))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
const path = join(folder, "disk.img")
const statePath = join(folder, "scan.json")

let volume: ForgedVolume
beforeAll(async () => {
  volume = await makeVolume()
  const second = await makeVolume({ seed: 2 })
  const lost = wiped(volume.image, FIRST_SECTOR)
  writeFileSync(
    path,
    diskWith(SIZE, [
      { at: START, bytes: lost },
      { at: 16 * MIB, bytes: second.image },
    ]),
  )
})

describe("locate", () => {
  it("reports a volume with its evidence and the command that goes on", async () => {
    const events: JobEvent[] = []
    const report = await locateOnInput({ input: { path } }, { emit: (event) => events.push(event) })
    expect(report).toMatchObject({ endedEarly: true, exitCode: 0, unreadable: [] })
    expect(report.volumes).toMatchObject([
      {
        index: 1,
        start: START,
        size: volume.size,
        standing: "current",
        layout: "windows7",
        bootSector: "gone",
        copies: volume.metadataOffsets.map((at, i) => ({ copy: i + 1, at: START + at, health: "intact" })),
      },
    ])
    expect(report.next[0]).toBe(`repair-bde inspect ${path} --offset 0x100000 --size ${volume.size}`)
    expect(report.scannedBytes).toBeLessThan(SIZE)
    expect(JSON.parse(JSON.stringify(report))).toEqual(report)
    expect(events[0]).toEqual({ type: "phase", phase: "locate" })
    expect(events.at(-1)).toMatchObject({
      type: "progress",
      phase: "locate",
      done: report.scannedBytes,
      total: SIZE,
    })
  })

  it("has the form of its schema", async () => {
    const ajv = new Ajv2020({ strictTypes: false, formats: { "date-time": true } })
    for (const name of ["report", "locate"]) ajv.addSchema(schemaOf(name))
    const report = await locateOnInput({ input: { path }, all: true })
    const validate = ajv.getSchema("locate.schema.json")!
    expect(validate(report) ? [] : validate.errors).toEqual([])
    const named = schemaOf("locate") as { required: string[]; $defs: { volume: { properties: object } } }
    expect(Object.keys(report).sort()).toEqual(named.required.toSorted())
    for (const volume of report.volumes) {
      expect(Object.keys(named.$defs.volume.properties)).toEqual(expect.arrayContaining(Object.keys(volume)))
    }
  })

  it("finds all volumes when asked for all", async () => {
    const report = await locateOnInput({ input: { path }, all: true })
    expect(report.volumes.map(({ start }) => start)).toEqual([START, 16 * MIB])
    expect(report).toMatchObject({ scannedBytes: SIZE, endedEarly: false })
    expect(report.traceCounts).toEqual({ "boot-sector": 1, "metadata-block": 6 })
  })

  it("goes on from its state, and ends where a run in one piece ends", async () => {
    const abort = new AbortController()
    const emit = (event: JobEvent): void => {
      if (event.type === "progress") abort.abort(new Error("stopped"))
    }
    const request = { input: { path }, all: true, statePath }
    await expect(locateOnInput(request, { emit, signal: abort.signal })).rejects.toThrow("stopped")
    const state = JSON.parse(readFileSync(statePath, "utf8")) as ScanState
    expect(state.scanned[0]!.length).toBeLessThan(SIZE)
    const { elapsedMs: _, ...resumed } = await locateOnInput(request)
    const { elapsedMs: __, ...whole } = await locateOnInput({ input: { path }, all: true })
    expect(resumed).toEqual(whole)
    expect(existsSync(`${statePath}.new`)).toBe(false)
  })

  it.each([
    ["no JSON", "{", "is no JSON"],
    ["no state", "[]", "is not the state of a scan"],
    [
      "a state of another input",
      JSON.stringify({ version: 1, size: 1, reach: "sectors", scanned: [], unreadable: [], traces: [] }),
      "is of an input of 1 bytes",
    ],
    [
      "a state of another kind of scan",
      JSON.stringify({ version: 1, size: SIZE, reach: "anywhere", scanned: [], unreadable: [], traces: [] }),
      "is of a scan with --all",
    ],
  ])("refuses a file that is %s", async (_, text, message) => {
    const other = join(folder, "other.json")
    writeFileSync(other, text)
    await expect(locateOnInput({ input: { path }, statePath: other })).rejects.toMatchObject({
      code: "scan-state-unusable",
      exitCode: 2,
      message: expect.stringContaining(message) as string,
    })
  })

  it("says so when there is no trace", async () => {
    const empty = join(folder, "noise.img")
    writeFileSync(empty, randomBytes(2 * MIB, 3))
    const refusal = await locateOnInput({ input: { path: empty } }).catch((error: unknown) => error)
    expect(refusal).toBeInstanceOf(NotFveError)
    expect(refusal).toMatchObject({ exitCode: 11, code: "no-trace" })
  })
})

function schemaOf(name: string): AnySchemaObject {
  const url = new URL(`../../docs/schema/${name}.schema.json`, import.meta.url)
  return JSON.parse(readFileSync(url, "utf8")) as AnySchemaObject
}
