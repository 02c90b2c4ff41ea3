/** The sample volume of `npm start` is committed, so that a start needs no forge; `UPDATE_SAMPLE=1` writes it anew. */
import { readFileSync, writeFileSync } from "node:fs"
import { describe, expect, it } from "vitest"
import { makeSample } from "./sample.ts"

const VOLUME = new URL("../sample/volume.img", import.meta.url)

describe("the sample volume", () => {
  it("is what its recipe makes", async () => {
    const { damaged } = await makeSample()
    if (process.env.UPDATE_SAMPLE) writeFileSync(VOLUME, damaged)
    expect(Buffer.compare(readFileSync(VOLUME), damaged)).toBe(0)
  })
})
