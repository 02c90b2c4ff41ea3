/** The key stretch: real chains, short ones against the reference, and the threads of the built package. */
import { readFileSync } from "node:fs"
import * as fc from "fast-check"
import { beforeAll, describe, expect, it } from "vitest"
import { nodeCrypto as built } from "../../dist/crypto/node.js"
import { toHex } from "../../src/bytes/hex.ts"
import type { StretchOptions } from "../../src/crypto/crypto.ts"
import { nodeCrypto } from "../../src/crypto/node.ts"
import { stretchSteps } from "../../src/crypto/node-stretch.ts"
import { referenceCrypto, stretchSteps as referenceStretchSteps } from "../../src/crypto/reference.ts"
import { hex } from "../suites/cipher-suite.ts"
import { randomBytes } from "../suites/random-bytes.ts"

interface Vector {
  readonly credential: string
  readonly initial: string
  readonly salt: string
  readonly stretched: string
}
const { vectors } = JSON.parse(
  readFileSync(new URL("../vectors/key-stretch.json", import.meta.url), "utf8"),
) as { vectors: Vector[] }
const named = vectors.map((vector) => [vector.credential, vector] as const)

describe("stretch", () => {
  it.each(named)("gives the key of a %s of Windows", async (_, { initial, salt, stretched }) => {
    expect(toHex(await nodeCrypto.stretch(hex(initial), hex(salt)))).toBe(stretched)
  })

  it.runIf(process.env.SLOW).each(named)(
    "gives it slowly: a %s",
    async (_, { initial, salt, stretched }) => {
      expect(toHex(await referenceCrypto.stretch(hex(initial), hex(salt)))).toBe(stretched)
    },
    600_000,
  )

  it("equals the reference after any number of steps", async () => {
    const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length })
    await fc.assert(
      fc.asyncProperty(
        bytes(32),
        bytes(16),
        fc.integer({ min: 0, max: 40 }),
        async (initial, salt, steps) => {
          const fast = await stretchSteps(initial, salt, steps)
          expect(toHex(fast)).toBe(toHex(await referenceStretchSteps(initial, salt, steps)))
        },
      ),
    )
  })

  it("equals the reference beyond its slices", async () => {
    const [initial, salt] = [randomBytes(32), randomBytes(16)]
    const fast = await stretchSteps(initial, salt, 9001)
    expect(toHex(fast)).toBe(toHex(await referenceStretchSteps(initial, salt, 9001)))
  })
})

describe.each([
  ["here", nodeCrypto],
  ["in the built package", built],
])("several stretches at once, %s", (_, crypto) => {
  const stretched = (seed: number, options: StretchOptions = {}): Promise<Uint8Array> =>
    crypto.stretch(randomBytes(32, seed), randomBytes(16, seed), options)
  let alone: Uint8Array[]
  beforeAll(async () => {
    alone = [await stretched(0), await stretched(1)]
  })

  it("each give their own key, say how far they are, and leave their caller awake", async () => {
    let turns = 0
    const timer = setInterval(() => turns++, 1)
    const progress: [number, number][][] = [[], []]
    const together = progress.map((calls, seed) =>
      stretched(seed, { onProgress: (done, total) => calls.push([done, total]) }),
    )
    expect(await Promise.all(together)).toEqual(alone)
    clearInterval(timer)
    expect(turns).toBeGreaterThan(50)
    for (const calls of progress) {
      const done = calls.map(([count]) => count)
      expect(done.length).toBeGreaterThan(50)
      expect(done).toEqual(done.toSorted((a, b) => a - b))
      expect(calls.at(-1)).toEqual([2 ** 20, 2 ** 20])
    }
  })

  it("can each be stopped, and leave the others alone", async () => {
    const stopped = [0, 1].map((seed) => {
      const controller = new AbortController()
      const onProgress = (done: number): unknown =>
        done > 2 ** 16 && controller.abort(new Error(`enough of ${seed}`))
      return stretched(seed, { signal: controller.signal, onProgress })
    })
    const going = stretched(1)
    // Both are awaited at once: one that failed before somebody looked would end the run.
    await Promise.all([
      expect(stopped[0]).rejects.toThrow("enough of 0"),
      expect(stopped[1]).rejects.toThrow("enough of 1"),
    ])
    expect(await going).toEqual(alone[1])
  })
})
