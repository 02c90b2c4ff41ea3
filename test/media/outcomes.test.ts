/**
 * The table of docs/failing-drives.md: what comes of each failing drive in our program, and in GNU ddrescue with dislocker on
 * its image. REPAIR_BDE_MEDIA_RESULTS names the file for the figures; without it nothing is measured, since it takes minutes.
 */
import { writeFileSync } from "node:fs"
import { afterAll, describe, expect, it } from "vitest"
import { extent } from "../../src/extents/extent.ts"
import { forgeVolume } from "../damage/volumes.ts"
import { requirement } from "../suites/requirements.ts"
import { requireTools } from "../suites/tools.ts"
import { canFail } from "./failing-drive.ts"
import { type Course, measureOurs, measurePeers } from "./measure.ts"
import type { Measured } from "./outcomes.ts"
import { SCENARIOS, driveOf } from "./scenarios.ts"

const RESULTS = process.env.REPAIR_BDE_MEDIA_RESULTS
const canRun =
  RESULTS !== undefined &&
  requirement("failing media: nbdkit, nbdfuse and /dev/fuse, as root", canFail) &&
  requireTools("ddrescue", "dislocker-file")

const measured: Measured[] = []
afterAll(() => {
  if (canRun) writeFileSync(RESULTS, `${JSON.stringify(measured, undefined, 2)}\n`)
})

async function measure(course: Course): Promise<Measured> {
  const one = {
    name: course.name,
    size: course.volume.size,
    ours: await measureOurs(course),
    peers: await measurePeers(course),
  }
  measured.push(one)
  return one
}

/** It gets slow, and then it is over: the read that touches this is the last one. */
const SLOW = { extents: [extent(0x420000, 1 << 20)], seconds: 1 }
const LAST = extent(0x600000, 512)

type Change = (image: Uint8Array) => Omit<Course, "name" | "volume">
const CHANGES: readonly (readonly [name: string, change: Change])[] = [
  ["answers no read at all", (image) => ({ recipe: { image }, isDead: true })],
  [
    "gets slow, and dies",
    (image) => ({ recipe: { image, slow: SLOW, ends: { touching: LAST, how: "dies" } } }),
  ],
  [
    "dies, and comes back under another name",
    (image) => ({
      recipe: { image, ends: { touching: LAST, how: "dies" } },
      returns: { image },
      options: ["--wait", "60"],
    }),
  ],
  [
    "shrinks while it is read",
    (image) => ({ recipe: { image, ends: { touching: LAST, how: { shrinksTo: 0x700000 } } } }),
  ],
]

describe.skipIf(!canRun)("beside ddrescue and dislocker, a drive with", () => {
  it.each(SCENARIOS)(
    "$name loses nothing without a word",
    async (scenario) => {
      const { options } = scenario
      const { ours } = await measure({
        name: scenario.name,
        ...(await driveOf(scenario)),
        ...(options && { options }),
      })
      expect(ours.unlisted).toBe(0)
    },
    900_000,
  )
})

describe.skipIf(!canRun)("beside ddrescue and dislocker, a drive that", () => {
  it.each(CHANGES)(
    "%s loses nothing without a word",
    async (name, change) => {
      const volume = await forgeVolume("XTS-128")
      const { ours } = await measure({ name, volume, ...change(volume.image) })
      expect(ours.unlisted).toBe(0)
    },
    300_000,
  )
})
