/** Mapfiles as any version of ddrescue writes them, and as ddrescuelog reads ours. */
import { readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { type Extent, extent } from "../../src/extents/extent.ts"
import { ExtentMap, Status } from "../../src/extents/extent-map.ts"
import { type Mapfile, parseMapfile, serializeMapfile, stateOf } from "../../src/extents/mapfile.ts"
import { forThisTest, temporaryFolder } from "../suites/system.ts"
import { requireTools, runTool } from "../suites/tools.ts"

const hasDdrescue = requireTools("ddrescue", "ddrescuelog")
const SIZE = 1 << 20

const blocks = fc.array(
  fc.record({
    start: fc.nat({ max: SIZE - 1 }),
    length: fc.nat({ max: SIZE }),
    status: fc.constantFrom(...Object.values(Status)),
  }),
  { maxLength: 30 },
)

function mapOf(changes: readonly (Extent & { readonly status: Status })[], size = SIZE): ExtentMap {
  const map = new ExtentMap(size)
  for (const { start, length, status } of changes)
    map.set(extent(start, Math.min(length, size - start)), status)
  return map
}

const maps = blocks.map((changes) => mapOf(changes))
const text = (map: ExtentMap): string => serializeMapfile({ map, comments: [], ...stateOf(map) })

function parsed(text: string, size = SIZE): Mapfile {
  const mapfile = parseMapfile(text, size)
  if ("fault" in mapfile) throw new Error(mapfile.fault)
  return mapfile
}

describe("a mapfile", () => {
  it("comes back as it was, comments and state included", () => {
    const comment = fc
      .string({ unit: "grapheme-ascii" })
      .map((one) => one.trim())
      .filter((one) => !/^(current_pos|pos)/.test(one))
    const activities = fc.constantFrom(...Object.values(Status), "F" as const, "G" as const)
    fc.assert(
      fc.property(
        maps,
        fc.array(comment),
        fc.nat(),
        activities,
        fc.integer({ min: 1, max: 99 }),
        (map, comments, position, activity, pass) => {
          const mapfile = { map, comments, position, activity, pass }
          const back = parsed(serializeMapfile(mapfile))
          expect({ ...back, map: [...back.map] }).toEqual({ ...mapfile, map: [...map] })
        },
      ),
    )
  })

  it("never claims more when it is cut anywhere", () => {
    fc.assert(
      fc.property(maps, fc.double({ min: 0, max: 1, noNaN: true }), (map, where) => {
        const whole = text(map)
        const cut = parseMapfile(whole.slice(0, Math.floor(where * whole.length)), SIZE)
        if ("fault" in cut) return
        for (const { start, length, status } of cut.map) {
          if (status === Status.nonTried) continue
          const block = map.blockAt(start)
          expect(block).toMatchObject({ start, status })
          expect(length).toBeLessThanOrEqual(block.length)
        }
      }),
    )
  })

  it("is refused or read, whatever is done to it, and quickly", () => {
    fc.assert(
      fc.property(maps, fc.nat(), fc.string({ unit: "binary" }), (map, at, noise) => {
        const whole = text(map)
        const cut = at % whole.length
        const damaged = parseMapfile(whole.slice(0, cut) + noise + whole.slice(cut + noise.length), SIZE)
        if ("fault" in damaged) expect(damaged.fault).toMatch(/^is (no mapfile|too large)/)
        else expect([...damaged.map].reduce((sum, { length }) => sum + length, 0)).toBe(SIZE)
      }),
    )
  })

  it.each([
    ["an old one without pass", "0x100 +\n0 0x100 +\n", "0+256 256?768"],
    ["decimal and octal numbers", "256 ?\n0 256 +\n256 0400 -\n", "0+256 256-256 512?512"],
    ["an input of unknown size", "0 ? 1\n0x0 0x10 +\n0x10 0x7FFFFFFFFFFFFFEF ?\n", "0+16 16?1008"],
    ["a domain in the middle", "0 ? 1\n0x100 0x100 -\n", "0?256 256-256 512?512"],
    ["annotations", "0 ? 1\n0x0 0x100 +  # 0 256\n", "0+256 256?768"],
    ["lines of Windows and blank ones", "# by hand\r\n\r\n0 F\r\n0 1024 /\r\n", "0/1024"],
    ["a larger input", "0 * 2\n0 0x10000 *\n0x10000 0x10000 +\n", "0*1024"],
  ])("is read as %s", (_name, file, expected) => {
    const { map } = parsed(file, 1024)
    const seen = [...map].map(({ start, length, status }) => `${start}${status}${length}`).join(" ")
    expect(seen).toBe(expected)
  })

  it.each([
    ["", "is no mapfile: it has no block"],
    ["# only a comment\n", "is no mapfile: it has no block"],
    ["0 ? 1\n", "is no mapfile: it has no block"],
    ["something of yours", "is no mapfile: line 1 does not tell where the program was"],
    ["0 + 1\n0 512\n", "is no mapfile: line 2 is no block"],
    ["0 + 1\n0 512 x\n", "is no mapfile: line 2 is no block"],
    ["0 + 1\n0 0 +\n", "is no mapfile: line 2 is no block"],
    ["0 + 1\n0 -512 +\n", "is no mapfile: line 2 is no block"],
    ["0 + 1\n0 0x8000000000000000 +\n", "is no mapfile: line 2 is no block"],
    ["0 + 1\n0 512 +\n1024 512 +\n", "is no mapfile: line 3 does not go on where the line before ended"],
    ["0 + 1\n0 512 +\n256 512 +\n", "is no mapfile: line 3 does not go on where the line before ended"],
  ])("%j is refused: %s", (file, fault) => {
    expect(parseMapfile(file, 1024)).toEqual({ fault })
  })

  it("tells what is left to do", () => {
    const map = new ExtentMap(1000)
    expect(stateOf(map)).toEqual({ position: 0, activity: "?", pass: 1 })
    map.set(extent(0, 1000), Status.finished)
    map.set(extent(300, 10), Status.nonScraped)
    map.set(extent(400, 10), Status.bad)
    expect(stateOf(map)).toEqual({ position: 300, activity: "/", pass: 1 })
    map.set(extent(300, 10), Status.bad)
    expect(stateOf(map)).toEqual({ position: 0, activity: "+", pass: 1 })
  })
})

describe.skipIf(!hasDdrescue)("beside ddrescue", () => {
  it("ddrescuelog counts what we wrote as we do", () => {
    const file = join(forThisTest(temporaryFolder()).path, "map")
    fc.assert(
      fc.property(maps, (map) => {
        writeFileSync(file, text(map))
        for (const status of Object.values(Status)) {
          const listed = String(runTool("ddrescuelog", "--block-size=1", `--list-blocks=${status}`, file))
          expect(listed.split("\n").length - 1).toBe(map.total(status))
        }
      }),
      { numRuns: 5 },
    )
  })

  it("what ddrescue wrote is read, and ddrescue goes on from what we wrote", () => {
    const folder = forThisTest(temporaryFolder()).path
    const [input, output, map] = ["input", "output", "map"].map((name) => join(folder, name))
    writeFileSync(input!, new Uint8Array(SIZE).fill(0x5a))
    runTool("ddrescue", "--size=524288", input!, output!, map!)
    const half = parsed(readFileSync(map!, "utf8"))
    expect([...half.map]).toEqual([
      { start: 0, length: SIZE / 2, status: "+" },
      { start: SIZE / 2, length: SIZE / 2, status: "?" },
    ])
    expect(half.comments[0]).toMatch(/^Mapfile\. Created by GNU ddrescue/)

    half.map.set(extent(4096, 512), Status.bad)
    writeFileSync(map!, serializeMapfile({ ...half, ...stateOf(half.map) }))
    runTool("ddrescue", "--retry-passes=1", input!, output!, map!)
    expect([...parsed(readFileSync(map!, "utf8")).map]).toEqual([{ start: 0, length: SIZE, status: "+" }])
  })
})
