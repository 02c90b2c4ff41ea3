/** Candidates side by side: each must come out as if it had been stretched alone, by the reference. */
import { readFileSync } from "node:fs"
import * as fc from "fast-check"
import { afterAll, describe, expect, it } from "vitest"
import { nodeCrypto as built } from "../../dist/crypto/node.js"
import { toHex } from "../../src/bytes/hex.ts"
import { nodeCrypto } from "../../src/crypto/node.ts"
import { referenceCrypto } from "../../src/crypto/reference.ts"
import { hex } from "../suites/cipher-suite.ts"
import { randomBytes } from "../suites/random-bytes.ts"

const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length })
const [reference] = referenceCrypto.openStretchers()

describe.each([
  ["here", nodeCrypto],
  ["in threads", built],
])("stretchers %s", (_, crypto) => {
  const stretchers = crypto.openStretchers()
  afterAll(() => Promise.all(stretchers.map((one) => one.close())))
  const [stretcher] = stretchers

  it("equal the reference for one to four candidates, after any number of steps", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(bytes(32), { minLength: 1, maxLength: 4 }),
        bytes(16),
        fc.integer({ min: 0, max: 40 }),
        async (initials, salt, steps) => {
          const keys = await stretcher!.stretch(initials, salt, { steps })
          expect(keys.map(toHex)).toEqual((await reference!.stretch(initials, salt, { steps })).map(toHex))
        },
      ),
    )
  })

  it("equal the reference beyond their slices", async () => {
    const initials = [0, 1, 2].map((seed) => randomBytes(32, seed))
    const salt = randomBytes(16, 9)
    const keys = await stretcher!.stretch(initials, salt, { steps: 9001 })
    expect(keys.map(toHex)).toEqual((await reference!.stretch(initials, salt, { steps: 9001 })).map(toHex))
  })

  it("give the key of a credential of Windows, in whichever lane it is", async () => {
    const { vectors } = JSON.parse(
      readFileSync(new URL("../vectors/key-stretch.json", import.meta.url), "utf8"),
    ) as { vectors: { initial: string; salt: string; stretched: string }[] }
    const { initial, salt, stretched } = vectors[0]!
    const keys = await stretcher!.stretch(
      [0, 1, 2, 3].map(() => hex(initial)),
      hex(salt),
    )
    expect(keys.map(toHex)).toEqual([stretched, stretched, stretched, stretched])
  })

  it("work side by side, and can be stopped", async () => {
    const controller = new AbortController()
    const going = stretchers.map((one) =>
      one.stretch([randomBytes(32)], randomBytes(16), { signal: controller.signal }),
    )
    setTimeout(() => controller.abort(new Error("enough")), 20)
    for (const end of await Promise.allSettled(going)) {
      expect(end).toMatchObject({ status: "rejected", reason: { message: "enough" } })
    }
  })

  it.each([
    ["no candidate", [], randomBytes(16)],
    ["five candidates", [0, 1, 2, 3, 4].map(() => randomBytes(32)), randomBytes(16)],
    ["a short salt", [randomBytes(32)], randomBytes(15)],
    ["a short candidate", [randomBytes(31)], randomBytes(16)],
  ])("refuse %s", async (_what, initials, salt) => {
    await expect(stretcher!.stretch(initials, salt)).rejects.toThrow(RangeError)
  })
})
