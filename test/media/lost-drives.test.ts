/** Drives that go away: the run ends soon, with a code and what is there; or it waits, and goes on under another name. */
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { setTimeout as pause } from "node:timers/promises"
import { describe, expect, it } from "vitest"
import { type Extent, endOf, extent } from "../../src/extents/extent.ts"
import { runProgram, type Run } from "../cli/program.ts"
import { forgeVolume, freeOf } from "../damage/volumes.ts"
import type { ForgedVolume } from "../forge/forge.ts"
import { requirement } from "../suites/requirements.ts"
import { forThisTest, temporaryFolder } from "../suites/system.ts"
import { canFail, type DriveRecipe, failingDrive, type FailingDrive } from "./failing-drive.ts"

const canRun = requirement("failing media: nbdkit, nbdfuse and /dev/fuse, as root", canFail)
/** They take a minute, most of it waiting. */
const isPatient = process.env.REPAIR_BDE_TEST === "full" || process.env.SLOW === "1"
const DATA = 0x300000

interface Scene {
  readonly volume: ForgedVolume
  readonly drive: FailingDrive
  readonly output: string
  rescue(...options: string[]): Promise<Run>
  /** As `rescue`; the drive dies a moment after decrypting has begun. */
  rescueDying(...options: string[]): Promise<Run>
}

async function onDrive(
  change: (volume: ForgedVolume) => Omit<DriveRecipe, "image">,
  act: (scene: Scene) => Promise<void>,
  trimmed: readonly Extent[] = [],
): Promise<void> {
  const volume = await forgeVolume("XTS-128", trimmed.length > 0 ? { trimmed } : {})
  const drive = await failingDrive({ image: volume.image, ...change(volume) })
  const output = join(forThisTest(temporaryFolder()).path, "out.img")
  const { password } = volume.protectors.find((protector) => protector.password !== undefined)!
  const args = [drive.path, output, "--json", "--password", password!, "--despite-errors"]
  const rescue = (...options: string[]): Promise<Run> => runProgram([...args, ...options])
  const rescueDying = (...options: string[]): Promise<Run> => {
    let isDoomed = false
    return runProgram([...args, ...options], {
      onOutput(text) {
        if (isDoomed || !text.includes('"phase":"decrypt"')) return
        isDoomed = true
        setTimeout(() => drive.die(), 700)
      },
    })
  }
  try {
    await act({ volume, drive, output, rescue, rescueDying })
  } finally {
    await drive.dispose()
  }
}

const linesOf = ({ stdout }: Run): Record<string, unknown>[] =>
  stdout
    .toString()
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Record<string, unknown>)

const errorOf = (run: Run): unknown => linesOf(run).at(-1)!.error

const TRIMMED = 4096

/** Where the first run gets to, and behind where it ends. */
function trimmedOnBothSides(): Extent[] {
  const room = freeOf("XTS-128").filter(({ length }) => length > 1 << 19)
  const [first, last] = [room[0]!, room.at(-1)!]
  return [extent(first.start + TRIMMED, TRIMMED), extent(endOf(last) - 2 * TRIMMED, TRIMMED)]
}

/** The drive dies when the program says that it decrypts, and is slow enough that it has not ended by then. */
const SLOW_BEHIND = { slow: { extents: [extent(0x420000, 3 << 20)], seconds: 1 } }

describe.skipIf(!canRun || !isPatient)("a drive that", () => {
  it("reads nothing ends with 10, and nothing is made", async () => {
    await onDrive(
      () => ({}),
      async ({ drive, rescue }) => {
        drive.die()
        const run = await rescue()
        expect(run.exitCode).toBe(10)
        expect(errorOf(run)).toMatchObject({ exitCode: 10 })
      },
    )
  }, 60_000)

  it("hangs for ever is left within 5 s of the last time limit, and the same command goes on", async () => {
    await onDrive(
      () => ({ slow: { extents: [extent(DATA, 512)], seconds: 45 } }),
      async ({ rescue }) => {
        const start = performance.now()
        const run = await rescue("--read-timeout", "1")
        const seconds = (performance.now() - start) / 1000
        expect(errorOf(run)).toMatchObject({ code: "source-hangs", exitCode: 10 })
        expect(run.exitCode).toBe(10)
        // Unlocking, one read, one opening, and the end.
        expect(seconds).toBeLessThan(2 + 1 + 3 + 5)
      },
    )
  }, 60_000)

  it("hangs is left at Ctrl-C within 5 s", async () => {
    await onDrive(
      () => ({ slow: { extents: [extent(DATA, 512)], seconds: 45 } }),
      async ({ drive, output, volume }) => {
        const { password } = volume.protectors.find((protector) => protector.password !== undefined)!
        let interrupted = 0
        const run = await runProgram([drive.path, output, "--json", "--password", password!], {
          onOutput(text, kill) {
            if (!text.includes('"phase":"decrypt"') || interrupted > 0) return
            interrupted = performance.now() + 1_500
            setTimeout(() => kill("SIGINT"), 1_500)
          },
        })
        expect(run.exitCode).toBe(130)
        expect(performance.now() - interrupted).toBeLessThan(5_000)
      },
    )
  }, 60_000)

  it("dies ends with 10, nothing of it is called bad, and another run gives all of it", async () => {
    await onDrive(
      () => SLOW_BEHIND,
      async ({ rescueDying, output, volume }) => {
        const run = await rescueDying()
        expect(errorOf(run)).toMatchObject({ code: "source-dead", exitCode: 10 })
        const again = await failingDrive({ image: volume.image })
        try {
          const { password } = volume.protectors.find((protector) => protector.password !== undefined)!
          const second = await runProgram([again.path, output, "--json", "--password", password!])
          expect(second.exitCode, second.stdout.toString()).toBe(0)
          expect(Buffer.compare(readFileSync(output), volume.expected)).toBe(0)
          // Of both runs together.
          expect(linesOf(second).at(-1)!.result).toMatchObject({ zeroSectorBytes: 2 * TRIMMED })
        } finally {
          await again.dispose()
        }
      },
      trimmedOnBothSides(),
    )
  }, 60_000)

  it("dies and comes back under another name is waited for, and all of it is there in the end", async () => {
    await onDrive(
      () => SLOW_BEHIND,
      async ({ rescueDying, output, volume }) => {
        const running = rescueDying("--wait", "30")
        await pause(6_000)
        const back = await failingDrive({ image: volume.image })
        try {
          const run = await running
          const codes = linesOf(run).map(({ code }) => code)
          expect(codes).toContain("drive-awaited")
          expect(codes).toContain("drive-back")
          expect(run.exitCode, run.stdout.toString()).toBe(0)
          expect(Buffer.compare(readFileSync(output), volume.expected)).toBe(0)
        } finally {
          await back.dispose()
        }
      },
    )
  }, 60_000)

  it("does not come back in time ends with 10", async () => {
    await onDrive(
      () => SLOW_BEHIND,
      async ({ rescueDying }) => {
        expect(errorOf(await rescueDying("--wait", "2"))).toMatchObject({ code: "source-dead" })
      },
    )
  }, 60_000)

  it("has read errors is not read on where nobody can be asked, and the command that images it is told", async () => {
    await onDrive(
      () => ({ bad: [extent(DATA, 512)] }),
      async ({ drive, output, volume }) => {
        const { password } = volume.protectors.find((protector) => protector.password !== undefined)!
        const run = await runProgram([drive.path, output, "--json", "--password", password!])
        const command = `ddrescue -d -r3 ${drive.path} drive.img drive.map`
        expect(errorOf(run)).toMatchObject({
          code: "source-failing",
          exitCode: 10,
          data: { command },
        })
      },
    )
  }, 60_000)
})
