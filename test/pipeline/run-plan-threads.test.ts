/** The coordinator over threads, in the built form: Node 20 loads no TypeScript in a worker. */
import { createHash } from "node:crypto"
import { closeSync, ftruncateSync, openSync, truncateSync } from "node:fs"
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises"
import { execFileSync } from "node:child_process"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterEach, beforeEach, describe, expect, it } from "vitest"
import { Secret } from "../../dist/crypto/secret.js"
import { nodeCrypto } from "../../dist/crypto/node.js"
import { SinkError, SourceError } from "../../dist/errors.js"
import { runPlan } from "../../dist/pipeline/run-plan.js"
import type { RunRequest } from "../../dist/pipeline/run-request.js"
import { warmThreads } from "../../dist/pipeline/threads.js"
import { extent } from "../../src/extents/extent.ts"
import { TICKET_LENGTH } from "../../src/rescue/next-tickets.ts"
import type { VolumePlan } from "../../src/volume/volume-plan.ts"
import { requirement } from "../suites/requirements.ts"

const SIZE = 12 * TICKET_LENGTH + 4096
const METHOD = 0x8004
const FVEK = new Uint8Array(32).map((_, i) => i * 7 + 1)

let folder: string
let input: string
let output: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "repair-bde-run-"))
  input = join(folder, "input")
  output = join(folder, "output")
})
afterEach(() => rm(folder, { recursive: true }))

function requestOf(plan: VolumePlan, change: Partial<RunRequest> = {}): RunRequest {
  return {
    source: { kind: "file", path: input },
    plan,
    sink: { kind: "image", path: output, zeros: "skip" },
    extent: extent(0, plan.size),
    keepZeros: false,
    sync: false,
    crypto: nodeCrypto,
    lanes: 2,
    ...change,
  }
}

function createSparse(path: string, size: number): void {
  const fd = openSync(path, "w")
  ftruncateSync(fd, size)
  closeSync(fd)
}

function plainPlan(size: number): VolumePlan {
  return { size, sectorSize: 512, runs: [{ kind: "plain", extent: extent(0, size) }], substitutions: [] }
}

const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex")

describe("runPlan with threads", () => {
  it("gives what the inline lane gives, with the digest of the file that stands there, a range included", async () => {
    const plan: VolumePlan = {
      size: SIZE,
      sectorSize: 512,
      method: METHOD,
      runs: [
        { kind: "relocated", extent: extent(0, 8192), from: 3 * TICKET_LENGTH, stored: "encrypted" },
        { kind: "encrypted", extent: extent(8192, TICKET_LENGTH) },
        { kind: "zeroed", extent: extent(8192 + TICKET_LENGTH, 3 * TICKET_LENGTH) },
        { kind: "encrypted", extent: extent(8192 + 4 * TICKET_LENGTH, SIZE - 8192 - 4 * TICKET_LENGTH) },
      ],
      substitutions: [{ at: TICKET_LENGTH - 2, bytes: Uint8Array.of(1, 2, 3, 4) }],
    }
    await writeFile(
      input,
      new Uint8Array(SIZE).map((_, i) => (i >> 9) * 31 + i),
    )
    const wanted = extent(1000, SIZE - 5000)
    const change = {
      extent: wanted,
      key: { method: METHOD, fvek: new Secret(FVEK) },
      hash: "sha256",
    } as const
    createSparse(output, wanted.length)
    const warm = warmThreads(2)
    const threads = await runPlan(requestOf(plan, { ...change, sync: true, threads: warm }))
    await warm.close()

    const inlineOutput = new Uint8Array(wanted.length)
    const write = async (at: number, bytes: Uint8Array) => inlineOutput.set(bytes, at)
    const sink = { write, sync: async () => {}, close: async () => {} }
    const inline = await runPlan(requestOf(plan, { ...change, sink }))

    const bytes = await readFile(output)
    expect(Buffer.compare(bytes, inlineOutput)).toBe(0)
    expect(threads.sha256).toBe(sha256(bytes))
    expect(inline.sha256).toBe(threads.sha256)
    expect(threads).not.toHaveProperty("stopped")
    expect(threads.done).toBe(wanted.length)
  })

  it("stops at an abort: what the map calls finished is there, nothing else is claimed", async () => {
    await writeFile(input, new Uint8Array(SIZE).fill(0xaa))
    createSparse(output, SIZE)
    const controller = new AbortController()
    const result = await runPlan(
      requestOf(plainPlan(SIZE), {
        signal: controller.signal,
        hash: "sha256",
        onProgress: () => controller.abort(new Error("enough")),
      }),
    )
    expect(result.stopped).toEqual(new Error("enough"))
    expect(result.sha256).toBeUndefined()
    expect(result.done).toBeGreaterThanOrEqual(TICKET_LENGTH)
    expect(result.done).toBeLessThan(SIZE)
    const bytes = await readFile(output)
    for (const { start, length } of result.map.extentsOf("+")) {
      expect(bytes.subarray(start, start + length).every((byte) => byte === 0xaa)).toBe(true)
    }
  })

  it("hashes an output that is larger than the run up to its end, and an empty one", async () => {
    await writeFile(input, new Uint8Array(SIZE).fill(1))
    for (const length of [0, 512 * 1024]) {
      createSparse(output, SIZE)
      const result = await runPlan(
        requestOf(plainPlan(SIZE), { extent: extent(4096, length), hash: "sha256" }),
      )
      expect(result).toMatchObject({ done: length, sha256: sha256(new Uint8Array(length).fill(1)) })
    }
  })

  it("ends with the source's own error when the input shrinks", async () => {
    createSparse(input, SIZE)
    createSparse(output, SIZE)
    const result = await runPlan(
      requestOf(plainPlan(SIZE), { onProgress: () => truncateSync(input, TICKET_LENGTH) }),
    )
    expect(result.stopped).toBeInstanceOf(SourceError)
    expect((result.stopped as SourceError).next.length).toBeGreaterThan(0)
    expect(result.done).toBeLessThan(SIZE)
  })

  it("ends with the opener's own error when a thread cannot open its ends", async () => {
    createSparse(output, SIZE)
    const source = { kind: "device", path: input, size: SIZE, sectorSize: 512 } as const
    const result = await runPlan(requestOf(plainPlan(SIZE), { source }))
    expect(result).toMatchObject({ done: 0, stopped: expect.any(SourceError) })
  })

  const isRoot = process.platform === "linux" && process.getuid?.() === 0
  it.skipIf(!requirement("root, to mount a small tmpfs", isRoot))(
    "keeps what fits when the output is full",
    async () => {
      const small = join(folder, "small")
      await mkdir(small)
      execFileSync("mount", ["-t", "tmpfs", "-o", `size=${4 * TICKET_LENGTH}`, "tmpfs", small])
      try {
        await writeFile(input, new Uint8Array(SIZE).fill(0xaa))
        const full = join(small, "output")
        createSparse(full, SIZE)
        const result = await runPlan(
          requestOf(plainPlan(SIZE), { sink: { kind: "image", path: full, zeros: "write" } }),
        )
        expect(result.stopped).toBeInstanceOf(SinkError)
        expect(result.done).toBeGreaterThan(0)
        const bytes = await readFile(full)
        for (const { start, length } of result.map.extentsOf("+")) {
          expect(bytes.subarray(start, start + length).every((byte) => byte === 0xaa)).toBe(true)
        }
      } finally {
        execFileSync("umount", [small])
      }
    },
  )
})
