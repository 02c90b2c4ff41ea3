/** What the program says of a drive that fails, word by word: each has its file in `transcripts/`, which `vitest -u` writes anew. */
import { join } from "node:path"
import { describe, expect, it } from "vitest"
import { extent } from "../../src/extents/extent.ts"
import { runProgram } from "../cli/program.ts"
import { writeStartupKey } from "../damage/attempt.ts"
import { forgeVolume } from "../damage/volumes.ts"
import { requirement } from "../suites/requirements.ts"
import { forThisTest, temporaryFolder } from "../suites/system.ts"
import { canFail, type DriveRecipe, failingDrive } from "./failing-drive.ts"

const canRun = requirement("failing media: nbdkit, nbdfuse and /dev/fuse, as root", canFail)
const SECTOR = 512
const DATA = extent(0x300000, SECTOR)
const LAST = extent(0x600000, SECTOR)

interface Case {
  readonly name: string
  readonly options?: readonly string[]
  readonly drive: Omit<DriveRecipe, "image">
  readonly isDead?: boolean
}

const CASES: readonly Case[] = [
  { name: "first-error", drive: { bad: [DATA] } },
  { name: "first-error-despite", drive: { bad: [DATA] }, options: ["--despite-errors"] },
  { name: "first-error-4096", drive: { bad: [DATA], sectorSize: 4096 } },
  { name: "dies", drive: { ends: { touching: LAST, how: "dies" } }, options: ["--despite-errors"] },
  {
    name: "is-awaited-in-vain",
    drive: { ends: { touching: LAST, how: "dies" } },
    options: ["--despite-errors", "--wait", "1"],
  },
  { name: "shrinks", drive: { ends: { touching: LAST, how: { shrinksTo: 0x700000 } } } },
  { name: "silent", drive: {}, isDead: true },
  {
    name: "hangs",
    drive: { slow: { extents: [extent(0, 1 << 23)], seconds: 60 } },
    options: ["--read-timeout", "1"],
  },
]

describe.skipIf(!canRun)("of a drive that fails the program says", () => {
  it.each(CASES)(
    "$name",
    async ({ name, options = [], drive: recipe, isDead }) => {
      const volume = await forgeVolume(recipe.sectorSize === 4096 ? "4Kn" : "XTS-128")
      const folder = forThisTest(temporaryFolder()).path
      const drive = await failingDrive({ image: volume.image, ...recipe })
      if (isDead) drive.die()
      try {
        const words = ["-rk", writeStartupKey(volume, folder), ...options]
        const run = await runProgram([drive.path, join(folder, "out.img"), ...words], { cwd: folder })
        const text = [
          `$ repair-bde ${[drive.path, "out.img", ...words].join(" ")}`,
          `--- exit code ${run.exitCode}`,
          ...(run.stdout.length > 0 ? ["--- stdout", run.stdout.toString().trimEnd()] : []),
          ...(run.stderr ? ["--- stderr", run.stderr.trimEnd()] : []),
          "",
        ]
          .join("\n")
          .replaceAll(drive.path, "/dev/DRIVE")
          .replaceAll(folder, "/scene")
          .replace(/\bin \d+:\d\d\b/g, "in 0:00")
          // How far it got when the drive went: requests are on their way together.
          .replace(/\b\d+( of 8388608 bytes are in)/g, "0$1")
        await expect(text).toMatchFileSnapshot(`transcripts/${name}.txt`)
      } finally {
        await drive.dispose()
      }
    },
    60_000,
  )
})
