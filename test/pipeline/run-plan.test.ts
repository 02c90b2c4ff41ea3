/** The coordinator over open ends, in this thread: everything but the threads themselves (`run-plan-threads.test.ts`). */
import { createHash } from "node:crypto"
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { SinkError, SourceError } from "../../src/errors.ts"
import { referenceCrypto } from "../../src/crypto/reference.ts"
import { Secret } from "../../src/crypto/secret.ts"
import { extent } from "../../src/extents/extent.ts"
import { runPlan } from "../../src/pipeline/run-plan.ts"
import type { RunProgress, RunRequest } from "../../src/pipeline/run-request.ts"
import { TICKET_LENGTH } from "../../src/rescue/next-tickets.ts"
import { memorySink } from "../../src/sink/memory.ts"
import { naiveOutput, scenarios } from "../suites/lane-scenario.ts"
import { faultySource } from "./faulty-source.ts"

/** A plain volume of three tickets and a bit. */
const SIZE = 3 * TICKET_LENGTH + 4096
const volume = new Uint8Array(SIZE).map((_, i) => i * 31 + (i >> 12))

function requestOf(output: Uint8Array, change: Partial<RunRequest> = {}): RunRequest {
  return {
    source: faultySource(volume, []),
    plan: {
      size: SIZE,
      sectorSize: 512,
      runs: [{ kind: "plain", extent: extent(0, SIZE) }],
      substitutions: [],
    },
    sink: memorySink(output),
    extent: extent(0, SIZE),
    keepZeros: false,
    sync: true,
    crypto: referenceCrypto,
    ...change,
  }
}

describe("runPlan", () => {
  it("gives the naive twin's output, losses and digest for any plan", async () => {
    await fc.assert(
      fc.asyncProperty(scenarios, async (scenario) => {
        const output = new Uint8Array(scenario.extent.length).fill(0x55)
        const { key, plan, keepZeros } = scenario
        const result = await runPlan(
          requestOf(output, {
            source: faultySource(scenario.stored, []),
            plan,
            keepZeros,
            extent: scenario.extent,
            key: { method: key.method, fvek: new Secret(key.fvek) },
            hash: "sha256",
          }),
        )
        const expected = naiveOutput(scenario)
        expect(Buffer.compare(output, expected.output)).toBe(0)
        expect(result.unreadable.flatMap((e) => [...positionsOf(e)])).toEqual(expected.lost)
        expect(result).toMatchObject({
          done: scenario.extent.length,
          zeroSectorBytes: expected.zeroSectorBytes,
          sha256: createHash("sha256").update(expected.output).digest("hex"),
        })
        expect(result).not.toHaveProperty("stopped")
      }),
      { numRuns: 30 },
    )
  })

  it("tells its progress, and the end of it", async () => {
    const seen: RunProgress[] = []
    const source = faultySource(volume, [extent(1024, 512)])
    await runPlan(requestOf(new Uint8Array(SIZE), { source, onProgress: (progress) => seen.push(progress) }))
    expect(seen[0]).toEqual({ done: TICKET_LENGTH, total: SIZE, unreadable: 512 })
    expect(seen.at(-1)).toEqual({ done: SIZE, total: SIZE, unreadable: 512 })
  })

  it("stops when it is told to, keeps what was written, and knows what that is", async () => {
    const controller = new AbortController()
    const output = new Uint8Array(SIZE)
    const reason = new Error("enough")
    const source = faultySource(volume, [], (at) => {
      if (at >= 2 * TICKET_LENGTH) controller.abort(reason)
    })
    const result = await runPlan(requestOf(output, { source, signal: controller.signal, hash: "sha256" }))
    expect(result.stopped).toBe(reason)
    expect(result.sha256).toBeUndefined()
    expect(result.done).toBe(2 * TICKET_LENGTH)
    expect([...result.map]).toEqual([
      { start: 0, length: result.done, status: "+" },
      { start: result.done, length: SIZE - result.done, status: "?" },
    ])
    expect(Buffer.compare(output.subarray(0, result.done), volume.subarray(0, result.done))).toBe(0)
    expect(output.subarray(result.done).every((byte) => byte === 0)).toBe(true)
  })

  it("does nothing when it is stopped before it begins", async () => {
    const result = await runPlan(
      requestOf(new Uint8Array(SIZE), { signal: AbortSignal.abort(new Error("no")) }),
    )
    expect(result).toMatchObject({ done: 0, stopped: new Error("no") })
  })

  it("stops at a source that is gone, in the middle of a ticket", async () => {
    const gone = new SourceError("source-gone", "the source is gone", { next: ["plug it in again"] })
    const source = faultySource(volume, [], (at) => {
      if (at > TICKET_LENGTH + 1_000_000) throw gone
    })
    const output = new Uint8Array(SIZE)
    const result = await runPlan(requestOf(output, { source }))
    expect(result.stopped).toBe(gone)
    expect(result.done).toBeGreaterThan(TICKET_LENGTH)
    expect(Buffer.compare(output.subarray(0, result.done), volume.subarray(0, result.done))).toBe(0)
  })

  it("stops at a sink that is full, and at one that cannot be synced", async () => {
    const full = new SinkError("sink-full", "the output is full", { next: ["make room"] })
    const sink = memorySink(new Uint8Array(SIZE))
    const write = async (at: number, bytes: Uint8Array) => {
      if (at + bytes.length > TICKET_LENGTH) throw full
      await sink.write(at, bytes)
    }
    const whileWriting = await runPlan(requestOf(volume, { sink: { ...sink, write } }))
    expect(whileWriting).toMatchObject({ done: TICKET_LENGTH, stopped: full })

    const sync = () => Promise.reject(full)
    const whileSyncing = await runPlan(requestOf(volume, { sink: { ...sink, sync } }))
    expect(whileSyncing).toMatchObject({ done: SIZE, stopped: full })
  })

  it("does not wait for ever for a read that hangs", async () => {
    const controller = new AbortController()
    const source = { ...faultySource(volume, []), read: () => new Promise<never>(() => {}) }
    const running = runPlan(requestOf(new Uint8Array(SIZE), { source, signal: controller.signal }))
    controller.abort(new Error("enough"))
    expect(await running).toMatchObject({ done: 0, stopped: new Error("enough") })
  })

  it("throws when the ends cannot be opened", async () => {
    const source = { kind: "file", path: "/nowhere/at/all" } as const
    await expect(runPlan(requestOf(new Uint8Array(SIZE), { source }))).rejects.toThrow(SourceError)
  })

  it.each([2, 4, 16, 32])("is right on both sides of %i TiB", async (tebibytes) => {
    const border = tebibytes * 2 ** 40
    const size = border * 2
    const around = extent(border - 2048, 4096)
    const bytesAt = (at: number, length: number) => Uint8Array.from({ length }, (_, i) => (at + i) / 512 + i)
    const source = {
      ...faultySource(new Uint8Array(0), []),
      size,
      read: async (at: number, into: Uint8Array) => {
        into.set(bytesAt(at, into.length))
        return []
      },
    }
    for (const method of [0x8002, 0x8004] as const) {
      const fvek = new Uint8Array(method === 0x8002 ? 16 : 32).fill(3)
      const output = new Uint8Array(around.length)
      await runPlan(
        requestOf(output, {
          source,
          plan: {
            size,
            sectorSize: 512,
            method,
            runs: [{ kind: "encrypted", extent: extent(0, size) }],
            substitutions: [],
          },
          key: { method, fvek: new Secret(fvek) },
          extent: around,
        }),
      )
      const cipher = referenceCrypto.createSectorCipher(method, fvek, 512)
      for (let at = 0; at < output.length; at += 512) {
        const sector = bytesAt(around.start + at, 512)
        cipher.decrypt(sector, around.start + at)
        expect(Buffer.compare(output.subarray(at, at + 512), sector)).toBe(0)
      }
    }
  })

  it("writes in order and reads each byte once", async () => {
    const read: number[] = []
    const wrote: number[] = []
    const sink = memorySink(new Uint8Array(SIZE))
    const write = async (at: number, bytes: Uint8Array) => {
      wrote.push(at)
      await sink.write(at, bytes)
    }
    const source = faultySource(volume, [], (at) => read.push(at))
    await runPlan(requestOf(volume, { source, sink: { ...sink, write } }))
    expect(wrote).toEqual(wrote.toSorted((a, b) => a - b))
    expect(read).toEqual(wrote)
  })
})

function* positionsOf({ start, length }: { start: number; length: number }): Iterable<number> {
  for (let at = start; at < start + length; at++) yield at
}
