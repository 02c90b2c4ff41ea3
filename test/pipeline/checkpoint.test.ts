/** Checkpoints against power cuts, in a model that loses any subset of what was not synced, at any step; and their pace. */
import * as fc from "fast-check"
import { describe, expect, it, onTestFinished, vi } from "vitest"
import { referenceCrypto } from "../../src/crypto/reference.ts"
import { extent, totalLength } from "../../src/extents/extent.ts"
import { ExtentMap, Status } from "../../src/extents/extent-map.ts"
import { parseMapfile, serializeMapfile, stateOf } from "../../src/extents/mapfile.ts"
import { openCheckpointFile } from "../../src/pipeline/checkpoint-file.ts"
import { type CheckpointRequest, USUAL_PACE, openCheckpoints } from "../../src/pipeline/checkpoint.ts"
import type { DurableFiles } from "../../src/pipeline/durable-files.ts"
import { runPlan } from "../../src/pipeline/run-plan.ts"
import type { RunRequest, RunResult } from "../../src/pipeline/run-request.ts"
import { TICKET_LENGTH } from "../../src/rescue/next-tickets.ts"
import { type PositionalSink, memorySink } from "../../src/sink/index.ts"
import type { VolumePlan } from "../../src/volume/volume-plan.ts"
import { FailingDisk } from "../suites/failing-disk.ts"
import { randomBytes } from "../suites/random-bytes.ts"
import { faultySource } from "./faulty-source.ts"

/** SLOW=1 looks longer. */
const RUNS = process.env.SLOW ? 300 : 4
const CRASHES_A_STEP = process.env.SLOW ? 20 : 4
/** Power cuts in a whole run. */
const CUTS = process.env.SLOW ? 500 : 15
const MIB = 2 ** 20
const GIB = 2 ** 30
const PIECE = 2048
const PIECES = 24
const SIZE = PIECES * PIECE

const text = (map: ExtentMap): string => serializeMapfile({ map, comments: [], ...stateOf(map) })

/** What a mutant leaves out. */
type Flaw = "output sync" | "map sync" | "clone before the sync"

interface Written {
  readonly disk: FailingDisk
  readonly expected: Uint8Array
  /** How much was finished in each map that was saved, and the step after which it was. */
  readonly saved: readonly { readonly step: number; readonly finished: number }[]
}

/** A run of several lanes that writes its pieces in any order, a few of them at the same time. */
async function writeThrough(order: readonly number[], lanes: number, flaw?: Flaw): Promise<Written> {
  const disk = new FailingDisk()
  const expected = randomBytes(SIZE, 1).fill(0, 0, PIECE)
  const sink = await disk.create("out.img", SIZE)
  const files: DurableFiles =
    flaw === "map sync"
      ? Object.assign(Object.create(disk) as FailingDisk, {
          write: (path: string, content: Uint8Array) => disk.write(path, content),
          rename: (from: string, to: string) => disk.rename(from, to),
          remove: (path: string) => disk.remove(path),
          syncFolder: () => disk.syncFolder(),
          sync: async () => {},
        })
      : disk
  const file = openCheckpointFile("out.img.map", files)
  const map = new ExtentMap(SIZE)
  const saved: { step: number; finished: number }[] = []
  await file.begin(text(map))
  const request: CheckpointRequest = {
    map: flaw === "clone before the sync" ? uncloned(map) : map,
    zeroSectorBytes: () => 0,
    sync: flaw === "output sync" ? async () => {} : () => sink.sync(),
    async save(snapshot) {
      const finished = snapshot.total(Status.finished)
      await file.save(text(snapshot))
      saved.push({ step: disk.steps, finished })
    },
    onFailure(error) {
      throw error
    },
  }
  const checkpoints = openCheckpoints(request, { bytes: 4 * PIECE, ms: 1 })
  const rest = [...order]
  const work = async (): Promise<void> => {
    for (let piece = rest.shift(); piece !== undefined; piece = rest.shift()) {
      const at = piece * PIECE
      await sink.write(at, expected.subarray(at, at + PIECE / 2))
      await sink.write(at + PIECE / 2, expected.subarray(at + PIECE / 2, at + PIECE))
      map.set(extent(at, PIECE), Status.finished)
      await checkpoints.recorded(PIECE)
    }
  }
  await Promise.all(Array.from({ length: lanes }, work))
  await checkpoints.finish({ needed: true })
  await file.close()
  return { disk, expected, saved }
}

function uncloned(map: ExtentMap): ExtentMap {
  map.clone = () => map
  return map
}

interface Tally {
  crashes: number
  /** Crashes after which the map claimed something. */
  claiming: number
  /** Crashes after which it claimed what was not there. */
  wrong: number
  /** Crashes after which it had forgotten what was saved before. */
  forgotten: number
}

/** After each step of the run, a few crashes with different luck. */
function crashEverywhere({ disk, expected, saved }: Written, seed: number, tally: Tally): void {
  const random = randomBytes(65_536, seed)
  let drawn = 0
  for (let step = 0; step <= disk.steps; step++) {
    for (let i = 0; i < CRASHES_A_STEP; i++) {
      const bias = random[drawn++ % random.length]!
      const left = disk.afterCrash(step, () => random[drawn++ % random.length]! < bias)
      const mapfile = parseMapfile(new TextDecoder().decode(left.get("out.img.map")), SIZE)
      const output = left.get("out.img")
      const claimed = "fault" in mapfile ? [] : mapfile.map.extentsOf(Status.finished)
      tally.crashes++
      if (claimed.length > 0) tally.claiming++
      const isThere = claimed.every(
        ({ start, length }) =>
          output &&
          Buffer.compare(output.subarray(start, start + length), expected.subarray(start, start + length)) ===
            0,
      )
      if (!isThere) tally.wrong++
      const before = saved.findLast((one) => one.step <= step)?.finished ?? 0
      if (totalLength(claimed) < before) tally.forgotten++
    }
  }
}

const orders = fc.shuffledSubarray(
  Array.from({ length: PIECES }, (_, i) => i),
  { minLength: PIECES },
)

async function tallyOf(flaw?: Flaw): Promise<Tally> {
  const tally: Tally = { crashes: 0, claiming: 0, wrong: 0, forgotten: 0 }
  await fc.assert(
    fc.asyncProperty(orders, fc.integer({ min: 1, max: 3 }), fc.nat(), async (order, lanes, seed) => {
      crashEverywhere(await writeThrough(order, lanes, flaw), seed, tally)
    }),
    { numRuns: RUNS },
  )
  return tally
}

describe("after a power cut at any step", () => {
  it("no extent is finished whose bytes are not there, and nothing that was saved is forgotten", async () => {
    const tally = await tallyOf()
    console.log(`power cuts: ${tally.crashes}, ${tally.claiming} of them with something finished`)
    expect(tally).toMatchObject({ wrong: 0, forgotten: 0 })
    expect(tally.claiming).toBeGreaterThan(tally.crashes / 3)
  }, 120_000)

  it.each([
    ["output sync", "wrong"],
    ["clone before the sync", "wrong"],
    ["map sync", "forgotten"],
  ] as const)(
    "the model notices when there is no %s",
    async (flaw, harm) => {
      expect((await tallyOf(flaw))[harm]).toBeGreaterThan(0)
    },
    120_000,
  )
})

describe("the pace", () => {
  function started({ save = async () => {} }: { save?: () => Promise<void> } = {}) {
    vi.useFakeTimers()
    onTestFinished(() => void vi.useRealTimers())
    const map = new ExtentMap(64 * GIB)
    const syncs: number[] = []
    const checkpoints = openCheckpoints({
      map,
      zeroSectorBytes: () => 0,
      sync: async () => void syncs.push(map.total(Status.finished)),
      save,
      onFailure: (error) => void failures.push(error),
    })
    const failures: unknown[] = []
    let at = 0
    const write = (bytes: number) => {
      map.set(extent(at, bytes), Status.finished)
      at += bytes
      return checkpoints.recorded(bytes)
    }
    return { checkpoints, syncs, failures, write, finish: () => write(64 * GIB - at) }
  }

  it("is five seconds after the first write", async () => {
    const { syncs, write } = started()
    void write(MIB)
    await vi.advanceTimersByTimeAsync(USUAL_PACE.ms - 1)
    void write(MIB)
    expect(syncs).toEqual([])
    await vi.advanceTimersByTimeAsync(1)
    expect(syncs).toEqual([2 * MIB])
    await vi.advanceTimersByTimeAsync(60_000)
    expect(syncs).toHaveLength(1)
  })

  it("is one gibibyte, and then half of that while lanes go on", async () => {
    const { syncs, write } = started()
    expect(write(GIB - MIB)).toBeUndefined()
    const wait = write(MIB)
    expect(wait).toBeInstanceOf(Promise)
    await wait
    expect(write(GIB / 2)).toBeUndefined()
    await vi.advanceTimersByTimeAsync(0)
    expect(syncs).toEqual([GIB, GIB + GIB / 2])
  })

  it("is none for a run that ends before the first, unless the end has to be durable", async () => {
    const quick = started()
    expect(quick.finish()).toBeUndefined()
    await quick.checkpoints.finish({ needed: false })
    expect(quick.syncs).toEqual([])

    const needed = started()
    void needed.write(MIB)
    await needed.checkpoints.finish({ needed: true })
    expect(needed.syncs).toEqual([MIB])
  })

  it("holds back what is more than one gibibyte ahead of a slow medium", async () => {
    let land = (): void => {}
    const { syncs, write } = started({ save: () => new Promise((resolve) => (land = resolve)) })
    let isOpen = false
    void write(GIB)!.then(() => (isOpen = true))
    await vi.advanceTimersByTimeAsync(60_000)
    expect(isOpen).toBe(false)
    land()
    await vi.advanceTimersByTimeAsync(0)
    expect(isOpen).toBe(true)
    expect(syncs).toEqual([GIB])
  })

  it("makes one at once when its time came during the last one", async () => {
    let land = (): void => {}
    const { syncs, write } = started({ save: () => new Promise((resolve) => (land = resolve)) })
    void write(MIB)
    await vi.advanceTimersByTimeAsync(USUAL_PACE.ms)
    void write(MIB)
    await vi.advanceTimersByTimeAsync(2 * USUAL_PACE.ms)
    expect(syncs).toEqual([MIB])
    land()
    await vi.advanceTimersByTimeAsync(0)
    expect(syncs).toEqual([MIB, 2 * MIB])
  })

  it("saves no map after a sync that failed, and says so once", async () => {
    const failures: unknown[] = []
    let saves = 0
    const map = new ExtentMap(GIB)
    const checkpoints = openCheckpoints(
      {
        map,
        zeroSectorBytes: () => 0,
        sync: () => Promise.reject(new Error("EIO")),
        save: async () => void saves++,
        onFailure: (error) => void failures.push(error),
      },
      { bytes: MIB, ms: 1 },
    )
    await checkpoints.recorded(MIB)
    await checkpoints.recorded(MIB)
    await checkpoints.finish({ needed: true })
    expect({ failures: failures.length, saves }).toEqual({ failures: 1, saves: 0 })
  })
})

describe("a whole run over a bad medium", () => {
  const size = 2 * TICKET_LENGTH + 4096
  const volume = randomBytes(size, 3).fill(0, 1 << 20, 2 << 20)
  const holes = [extent(512, 512), extent(TICKET_LENGTH - 512, 2048), extent(size - 512, 512)]
  const fill = new TextEncoder().encode("unreadable ")
  const plain: VolumePlan = {
    size,
    sectorSize: 512,
    runs: [{ kind: "plain", extent: extent(0, size) }],
    substitutions: [],
  }

  function runOn(sink: PositionalSink, change: Partial<RunRequest> = {}): Promise<RunResult> {
    return runPlan({
      source: faultySource(volume, holes),
      plan: plain,
      sink,
      inAnyOrder: true,
      extent: extent(0, size),
      keepZeros: false,
      sync: true,
      crypto: referenceCrypto,
      reading: { fill },
      ...change,
    })
  }

  it("gives the same bytes when it goes on after any power cut", async () => {
    const expected = new Uint8Array(size)
    const undisturbed = await runOn(memorySink(expected))
    expect(undisturbed.unreadable).toEqual(holes)

    const disk = new FailingDisk()
    const sink = await disk.create("out.img", size)
    const file = openCheckpointFile("out.img.map", disk)
    await file.begin(text(new ExtentMap(size)))
    const save = (map: ExtentMap): Promise<void> => file.save(text(map))
    await runOn(sink, { checkpoint: { save, pace: { bytes: TICKET_LENGTH / 2, ms: 1 } } })

    const random = randomBytes(1 << 20, 5)
    let drawn = 0
    let resumed = 0
    const stride = Math.ceil(disk.steps / CUTS)
    for (let step = 1; step <= disk.steps; step += stride) {
      const left = disk.afterCrash(step, () => random[drawn++ % random.length]! < 128)
      const mapfile = parseMapfile(new TextDecoder().decode(left.get("out.img.map")), size)
      const output = left.get("out.img")
      if ("fault" in mapfile || !output) continue
      if (mapfile.map.total(Status.finished) > 0) resumed++
      const result = await runOn(memorySink(output), { map: mapfile.map })
      expect(result.unreadable).toEqual(holes)
      expect(Buffer.compare(output, expected)).toBe(0)
    }
    expect(resumed).toBeGreaterThan(CUTS / 3)
  }, 120_000)
})
