/** Drives that hang or die before anything is decrypted: while they are opened, searched and unlocked. */
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, it } from "vitest"
import { locateOnInput } from "../../dist/job/locate.js"
import { openSource, resolveSource } from "../../dist/source/index.js"
import { type Extent, extent } from "../../src/extents/extent.ts"
import { runProgram, type Run } from "../cli/program.ts"
import { writeStartupKey } from "../damage/attempt.ts"
import { forgeVolume } from "../damage/volumes.ts"
import { requirement } from "../suites/requirements.ts"
import { forThisTest, temporaryFolder } from "../suites/system.ts"
import { canFail, type DriveRecipe, failingDrive, type FailingDrive } from "./failing-drive.ts"

const canRun = requirement("failing media: nbdkit, nbdfuse and /dev/fuse, as root", canFail)
/** They take a minute, most of it waiting. */
const isPatient = process.env.REPAIR_BDE_TEST === "full" || process.env.SLOW === "1"
/** Seconds; a read that hangs takes longer than any test. */
const FOR_EVER = 60
const GRACE = 5

const hangsIn = (...extents: Extent[]): Pick<DriveRecipe, "slow"> => ({
  slow: { extents, seconds: FOR_EVER },
})

async function onDrive(recipe: DriveRecipe, act: (drive: FailingDrive) => Promise<void>): Promise<void> {
  const drive = await failingDrive(recipe)
  try {
    await act(drive)
  } finally {
    await drive.dispose()
  }
}

const lastOf = ({ stdout }: Run): { error?: unknown } =>
  JSON.parse(stdout.toString().trim().split("\n").at(-1)!) as { error?: unknown }

async function secondsOf<T>(work: () => Promise<T>): Promise<{ seconds: number; value: T }> {
  const started = performance.now()
  const value = await work()
  return { seconds: (performance.now() - started) / 1000, value }
}

describe.skipIf(!canRun || !isPatient)("a drive that", () => {
  it("hangs wherever it is read ends with 10, within 5 s of the third limit", async () => {
    const { image } = await forgeVolume("XTS-128")
    await onDrive({ image, ...hangsIn(extent(0, image.length)) }, async ({ path }) => {
      const output = join(forThisTest(temporaryFolder()).path, "out.img")
      const args = [path, output, "--json", "--password", "any", "--read-timeout", "1"]
      const { seconds, value } = await secondsOf(() => runProgram(args))
      expect(lastOf(value).error).toMatchObject({ code: "source-hangs", exitCode: 10 })
      expect(value.exitCode).toBe(10)
      expect(seconds).toBeLessThan(3 + GRACE)
    })
  }, 60_000)

  it("hangs wherever it is read is left at the first Ctrl-C", async () => {
    const { image } = await forgeVolume("XTS-128")
    await onDrive({ image, ...hangsIn(extent(0, image.length)) }, async ({ path }) => {
      let interrupted = 0
      const output = join(forThisTest(temporaryFolder()).path, "out.img")
      const run = await runProgram([path, output, "--json", "--password", "any"], {
        onOutput(text, kill) {
          if (!text.includes('"phase":"locate"') || interrupted > 0) return
          interrupted = performance.now() + 1_000
          setTimeout(() => kill("SIGINT"), 1_000)
        },
      })
      expect(run.exitCode, run.stdout.toString()).toBe(130)
      expect(performance.now() - interrupted).toBeLessThan(1_000 * GRACE)
    })
  }, 60_000)

  it("is too slow in its boot sector and in a metadata copy is opened by what answers", async () => {
    const volume = await forgeVolume("XTS-128")
    const [first] = volume.metadataOffsets
    // These drives do one thing at a time: while a read hangs, so does everything else.
    const slow = { extents: [extent(0, 512), extent(first!, 512)], seconds: 3 }
    await onDrive({ image: volume.image, slow }, async ({ path }) => {
      const folder = forThisTest(temporaryFolder()).path
      const output = join(folder, "out.img")
      const key = writeStartupKey(volume, folder)
      const args = [path, output, "--json", "-rk", key, "--read-timeout", "2", "--despite-errors"]
      const run = await runProgram(args)
      expect(run.exitCode, run.stdout.toString()).toBe(0)
      expect(Buffer.compare(readFileSync(output), volume.expected)).toBe(0)
    })
  }, 60_000)

  it("is too slow somewhere is searched around that place", async () => {
    const { image, metadataOffsets } = await forgeVolume("XTS-128")
    const slow = { extents: [extent(0x700000, 512)], seconds: 3 }
    await onDrive({ image, slow }, async ({ path }) => {
      const value = await locateOnInput({ input: { path }, toTheEnd: true, readTimeoutMs: 2_000 })
      expect(value.volumes.flatMap(({ copies }) => copies.map(({ at }) => at))).toEqual(metadataOffsets)
      // What was read around it is searched; nothing of it is called read.
      expect(value.unreadable).toEqual([extent(0x700000, 4096)])
      expect(value.exitCode).toBe(3)
    })
  }, 60_000)

  it("dies while it is searched is asked a few times more, not at every sector", async () => {
    const { image } = await forgeVolume("XTS-128")
    const ends = { touching: extent(0x400000, 512), how: "dies" } as const
    // Without its boot sector nothing but a search finds the volume.
    await onDrive({ image: image.slice().fill(0, 0, 512), ends }, async (drive) => {
      await expect(
        locateOnInput({ input: { path: drive.path }, toTheEnd: true, readTimeoutMs: 5_000 }),
      ).rejects.toMatchObject({ code: "source-dead", exitCode: 10 })
      expect(drive.takeReads().filter(({ hasFailed }) => hasFailed).length).toBeLessThan(100)
    })
  }, 60_000)

  it("answers nothing from the start is asked at a handful of places", async () => {
    const { image } = await forgeVolume("XTS-128")
    await onDrive({ image }, async (drive) => {
      drive.die()
      const output = join(forThisTest(temporaryFolder()).path, "out.img")
      const run = await runProgram([drive.path, output, "--json", "--password", "any"])
      expect(lastOf(run).error).toMatchObject({ code: "source-silent", exitCode: 10 })
      expect(drive.takeReads().length).toBeLessThan(20)
    })
  }, 60_000)

  it("fails in a large area is not taken for dead", async () => {
    const { image } = await forgeVolume("XTS-128")
    const bad = extent(0x300000, 1 << 20)
    await onDrive({ image, bad: [bad] }, async ({ path }) => {
      const source = await openSource(await resolveSource(path), { readTimeoutMs: 5_000 })
      const bytes = new Uint8Array(image.length)
      expect(await source.read(0, bytes)).toEqual([bad])
      const expected = image.slice().fill(0, bad.start, bad.start + bad.length)
      expect(Buffer.compare(bytes, expected)).toBe(0)
      await source.close()
    })
  }, 60_000)
})
