/** What the program answers, word by word: each case has its file in `transcripts/`, which `vitest -u` writes anew. */
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { requirement } from "../suites/requirements.ts"
import { isRoot } from "../suites/system.ts"
import { CASES } from "./cases.ts"
import { canNobodyRun, setStage, type Stage } from "./stage.ts"

const hasNobody = requirement("a user without rights who can read the build", canNobodyRun())
const hasSmallDisk = requirement("root, to mount a small file system", isRoot)

let stage: Stage
beforeAll(async () => {
  stage = await setStage()
})
afterAll(() => stage.dispose())

describe.concurrent("the program answers", () => {
  const playable = CASES.filter(
    (one) => (!one.asNobody || hasNobody) && (!one.needsSmallDisk || hasSmallDisk),
  )

  it.for(playable)("$name: $line", async (one, { expect }) => {
    const run = await stage.play(one)
    await expect(stage.transcriptOf(one, run)).toMatchFileSnapshot(`transcripts/${one.name}.txt`)
  })
})

describe("after all of them", () => {
  const read = (name: string): Buffer => readFileSync(join(stage.scene.folder, name))

  it("the source is as it was, and so is what was not to be overwritten", () => {
    expect(Buffer.compare(read("volume.img"), stage.scene.volume)).toBe(0)
    expect(Buffer.compare(read("exchanged.img"), stage.scene.volume)).toBe(0)
    expect(String(read("existing.img"))).toBe("something of yours")
    expect(String(read("not-a-log.txt"))).toBe("something else of yours")
  })

  it("the outputs are the plaintext", () => {
    for (const name of [
      "repaired.img",
      "repaired-json.img",
      "repaired-log.img",
      "overwritten.img",
      "begun-1.img",
      "begun-2.img",
      "alone.img",
      "repaired-found.img",
      "repaired-log.img",
      "overwritten.img",
    ]) {
      expect(Buffer.compare(read(name), stage.scene.plaintext), name).toBe(0)
    }
    expect(Buffer.compare(read("repaired-cut.img"), stage.scene.plaintext.subarray(0, 2 ** 21))).toBe(0)
    expect(Buffer.compare(read("repaired-range.img"), stage.scene.plaintext.subarray(0, 2 ** 16))).toBe(0)
  })
})
