/** The coordinator over media in memory that fail: what is written, what is said to be lost, how it ends and goes on. */
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { referenceCrypto } from "../../src/crypto/reference.ts"
import { type Extent, contains, endOf, extent, mergeExtents } from "../../src/extents/extent.ts"
import { ExtentMap, Status } from "../../src/extents/extent-map.ts"
import { runPlan } from "../../src/pipeline/run-plan.ts"
import type { Reading, RunRequest } from "../../src/pipeline/run-request.ts"
import { memorySink } from "../../src/sink/memory.ts"
import { medium } from "../suites/media-suite.ts"
import { randomBytes } from "../suites/random-bytes.ts"

const SIZE = 4 << 20
const SECTORS = SIZE / 512
const bytes = randomBytes(SIZE)
const FILL = Buffer.from("LOST ")

function requestOf(output: Uint8Array, source: RunRequest["source"], reading: Reading = {}): RunRequest {
  return {
    source,
    plan: {
      size: SIZE,
      sectorSize: 512,
      runs: [{ kind: "plain", extent: extent(0, SIZE) }],
      substitutions: [],
    },
    sink: memorySink(output),
    inAnyOrder: true,
    extent: extent(0, SIZE),
    keepZeros: false,
    sync: false,
    crypto: referenceCrypto,
    reading: { fill: FILL, ...reading },
  }
}

/** What must stand in the output: the bytes, and the pattern counted from its start. */
function expectedWith(bad: readonly Extent[]): Uint8Array {
  const expected = bytes.slice()
  for (const e of bad) for (let at = e.start; at < endOf(e); at++) expected[at] = FILL[at % FILL.length]!
  return expected
}

const stale = (): Uint8Array => new Uint8Array(SIZE).fill(0x55)
const areas = fc
  .array(fc.tuple(fc.nat({ max: SECTORS - 1 }), fc.integer({ min: 1, max: 200 })), { maxLength: 12 })
  .map((list) => mergeExtents(list.map(([at, n]) => extent(at * 512, Math.min(n, SECTORS - at) * 512))))

describe("a run over a medium that fails", () => {
  it("writes every good byte, the pattern everywhere else, and never leaves a stale one", async () => {
    await fc.assert(
      fc.asyncProperty(areas, fc.boolean(), fc.nat({ max: 2 }), async (bad, isReversed, retries) => {
        const output = stale()
        const result = await runPlan(requestOf(output, medium({ bytes, bad }), { isReversed, retries }))
        expect(result.stopped).toBeUndefined()
        expect(result.unreadable).toEqual(bad)
        expect(Buffer.compare(output, expectedWith(bad))).toBe(0)
      }),
      { numRuns: 25 },
    )
  })

  it("writes the pattern over what an earlier run gave up, and reads nothing of it", async () => {
    const bad = [extent(8192, 4096)]
    const map = new ExtentMap(SIZE)
    map.set(bad[0]!, Status.bad)
    const [output, source] = [stale(), medium({ bytes })]
    const result = await runPlan({ ...requestOf(output, source), map })
    expect(result.unreadable).toEqual(bad)
    expect(Buffer.compare(output, expectedWith(bad))).toBe(0)
    expect(source.requests.some((e) => contains(e, 8192))).toBe(false)
  })

  it("calls nothing bad on a medium that dies, and another run gives all of it", async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: 60 }), areas, async (diesAfter, bad) => {
        const output = stale()
        const first = await runPlan(requestOf(output, medium({ bytes, bad, diesAfter })))
        if (first.stopped !== undefined) expect(first.stopped).toMatchObject({ code: "source-dead" })
        const second = await runPlan({ ...requestOf(output, medium({ bytes, bad })), map: first.map })
        expect(second.unreadable).toEqual(bad)
        expect(Buffer.compare(output, expectedWith(bad))).toBe(0)
      }),
      { numRuns: 40 },
    )
  })

  it("goes on behind a death at any moment, in any pass, until nothing is left", async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: 60 }), areas, async (diesAfter, bad) => {
        const output = stale()
        const result = await runPlan(
          requestOf(output, medium({ bytes, bad, diesAfter }), {
            awaitSource: async () => medium({ bytes, bad }),
          }),
        )
        expect(result.stopped).toBeUndefined()
        expect(result.map.total(Status.nonTried)).toBe(0)
        expect(result.unreadable).toEqual(bad)
        expect(Buffer.compare(output, expectedWith(bad))).toBe(0)
      }),
      { numRuns: 100 },
    )
  })

  it.each(["diesAfter", "goneAfter"] as const)("waits for its return: %s", async (how) => {
    const bad = [extent(1 << 20, 512)]
    const output = stale()
    const awaited: unknown[] = []
    const result = await runPlan(
      requestOf(output, medium({ bytes, bad, [how]: 20 }), {
        awaitSource: async (error) => {
          awaited.push(error)
          return medium({ bytes, bad })
        },
      }),
    )
    expect(awaited).toHaveLength(1)
    expect(result.stopped).toBeUndefined()
    expect(result.unreadable).toEqual(bad)
    expect(Buffer.compare(output, expectedWith(bad))).toBe(0)
  })

  it("ends when nobody waits any longer, and when there are more bad areas than allowed", async () => {
    const gone = await runPlan(
      requestOf(stale(), medium({ bytes, goneAfter: 3 }), { awaitSource: async () => undefined }),
    )
    expect(gone.stopped).toMatchObject({ code: "source-gone" })
    const bad = [1, 2, 3].map((i) => extent(i << 20, 512))
    const many = await runPlan(requestOf(stale(), medium({ bytes, bad }), { maxErrors: 2 }))
    expect(many.stopped).toMatchObject({ code: "too-many-errors", exitCode: 10 })
    const few = await runPlan(requestOf(stale(), medium({ bytes, bad }), { maxErrors: 3 }))
    expect(few.stopped).toBeUndefined()
  })

  it("says so at its first failure, once, and reads no more when that is refused", async () => {
    const bad = [1, 2, 3].map((i) => extent(i << 20, 512))
    const heard: Extent[] = []
    const source = medium({ bytes, bad })
    const refused = new Error("no")
    const onFailing = async (where: Extent): Promise<void> => {
      heard.push(where)
      throw refused
    }
    const result = await runPlan(requestOf(stale(), source, { onFailing }))
    expect(heard).toHaveLength(1)
    expect(result.stopped).toBe(refused)
    expect(source.requests).toHaveLength(2)
  })
})
