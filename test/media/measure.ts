/** A drive that fails, read by our program, and by GNU ddrescue with dislocker on the image that it made: both with one key. */
import { spawn } from "node:child_process"
import { existsSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { type Extent, extent, subtractExtents } from "../../src/extents/extent.ts"
import { Status } from "../../src/extents/extent-map.ts"
import { parseMapfile } from "../../src/extents/mapfile.ts"
import { runProgram } from "../cli/program.ts"
import { writeStartupKey } from "../damage/attempt.ts"
import type { ForgedVolume } from "../forge/forge.ts"
import { temporaryFolder } from "../suites/system.ts"
import { type DriveRead, type DriveRecipe, failingDrive, type FailingDrive } from "./failing-drive.ts"
import { countReads, judgeBytes, type Outcome } from "./outcomes.ts"

export interface Course {
  readonly name: string
  readonly volume: ForgedVolume
  readonly recipe: DriveRecipe
  /** From its first read on. */
  readonly isDead?: boolean
  /** What it is when it was connected again, under another name. */
  readonly returns?: DriveRecipe
  /** Of our program. */
  readonly options?: readonly string[]
}

interface Stage {
  readonly folder: string
  readonly keyPath: string
  readonly drive: FailingDrive
  /** What was asked of the drive, under all of its names. */
  takeReads(): DriveRead[]
  reconnect(): Promise<FailingDrive>
}

async function onStage<T>(
  { volume, recipe, isDead, returns }: Course,
  act: (stage: Stage) => Promise<T>,
): Promise<T> {
  const folder = temporaryFolder()
  const drive = await failingDrive(recipe)
  if (isDead) drive.die()
  const drives = [drive]
  try {
    return await act({
      folder: folder.path,
      keyPath: writeStartupKey(volume, folder.path),
      drive,
      takeReads: () => drives.flatMap((one) => one.takeReads()),
      async reconnect() {
        const back = await failingDrive(returns!)
        drives.push(back)
        return back
      },
    })
  } finally {
    for (const one of drives) await one.dispose()
    folder.dispose()
  }
}

export function measureOurs(course: Course): Promise<Outcome> {
  return onStage(course, async ({ folder, keyPath, drive, takeReads, reconnect }) => {
    const output = join(folder, "out.img")
    const started = performance.now()
    let back: Promise<unknown> | undefined
    const args = [drive.path, output, "-rk", keyPath, "--json", "--despite-errors", ...(course.options ?? [])]
    const run = await runProgram(args, {
      onOutput(text) {
        if (course.returns && text.includes("drive-awaited")) back ??= reconnect()
      },
    })
    await back
    const seconds = secondsSince(started)
    const { error } = JSON.parse(run.stdout.toString().trim().split("\n").at(-1)!) as {
      error?: { code: string }
    }
    return {
      ended: [run.exitCode, ...(error ? [error.code] : [])].join(" "),
      ...judgeBytes(
        readIfThere(output),
        course.volume.expected,
        unfinishedIn(`${output}.map`, course.volume.size),
      ),
      ...countReads(takeReads()),
      seconds,
    }
  })
}

export function measurePeers(course: Course): Promise<Outcome> {
  return onStage(course, async ({ folder, keyPath, drive, takeReads, reconnect }) => {
    const [image, map, output] = ["drive.img", "drive.map", "out.img"].map((name) => join(folder, name)) as [
      string,
      string,
      string,
    ]
    const sectors = course.recipe.sectorSize === 4096 ? ["-b", "4096"] : []
    const started = performance.now()
    const codes = [await endOfRun("ddrescue", "-d", "-q", ...sectors, drive.path, image, map)]
    if (course.returns) {
      const { path } = await reconnect()
      codes.push(await endOfRun("ddrescue", "-d", "-q", "-r1", ...sectors, path, image, map))
    }
    codes.push(await endOfRun("dislocker-file", "-V", image, "-f", keyPath, "--", output))
    return {
      ended: codes.join(", "),
      ...judgeBytes(readIfThere(output), course.volume.expected, unfinishedIn(map, course.volume.size)),
      ...countReads(takeReads()),
      seconds: secondsSince(started),
    }
  })
}

/** Without a map nothing is left open. */
function unfinishedIn(map: string, size: number): Extent[] {
  if (!existsSync(map)) return []
  const parsed = parseMapfile(readFileSync(map, "utf8"), size)
  if ("fault" in parsed) throw new Error(`${map} ${parsed.fault}`)
  return subtractExtents(extent(0, size), parsed.map.extentsOf(Status.finished))
}

function readIfThere(path: string): Uint8Array | undefined {
  return existsSync(path) ? readFileSync(path) : undefined
}

function secondsSince(started: number): number {
  return Math.round((performance.now() - started) / 100) / 10
}

/** Not in this thread: a drive comes back while the program runs. */
function endOfRun(command: string, ...args: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: "ignore" })
    child.on("error", reject)
    child.on("exit", (code, signal) => resolve(`${command} ${signal ?? code}`))
  })
}
