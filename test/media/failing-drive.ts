/**
 * Block devices that fail as told: nbdkit serves an image through its filters, nbdfuse makes a file of that, and a loop
 * device a drive, read past the page cache. Every request that reaches the medium is in a log. Debian, as root.
 */
import { spawn } from "node:child_process"
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { setTimeout as pause } from "node:timers/promises"
import { type Extent, endOf, hex } from "../../src/extents/extent.ts"
import { hasLoopDevices, run, temporaryFolder } from "../suites/system.ts"
import { isOnPath } from "../suites/tools.ts"

/** What failing drives need of the machine. */
export const canFail =
  hasLoopDevices &&
  existsSync("/dev/fuse") &&
  ["nbdkit", "nbdfuse", "addpart"].every((tool) => isOnPath(tool))

export interface DriveRecipe {
  readonly image: Uint8Array
  readonly sectorSize?: 512 | 4096
  /** Sorted and apart from each other, in units of 512 bytes. */
  readonly bad?: readonly Extent[]
  /** Each read that touches one takes so long. */
  readonly slow?: { readonly extents: readonly Extent[]; readonly seconds: number }
  /** A read that touches this changes the drive, as it does a drive in its last hour. */
  readonly ends?: Ending | undefined
}

export interface Ending {
  readonly touching: Extent
  /** Every read after it fails; or the drive ends at that position from then on. */
  readonly how: "dies" | { readonly shrinksTo: number }
}

/** A request that reached the medium. */
export interface DriveRead extends Extent {
  readonly hasFailed: boolean
}

export interface FailingDrive {
  /** The device. */
  readonly path: string
  /** What was asked of the medium since the last look. */
  takeReads(): DriveRead[]
  /** Every read fails from now on. */
  die(): void
  dispose(): Promise<void>
}

export async function failingDrive({
  image,
  sectorSize = 512,
  bad = [],
  slow,
  ends,
}: DriveRecipe): Promise<FailingDrive> {
  const folder = temporaryFolder()
  const at = (name: string): string => join(folder.path, name)
  writeFileSync(at("image"), image)
  writeFileSync(at("map"), mapOf(bad, image.length))
  mkdirSync(at("mount"))
  const filters = ["log", "error", "ddrescue"].map((name) => `--filter=${name}`)
  const settings = [
    `logfile=${at("log")}`,
    "error=EIO",
    "error-pread-rate=100%",
    `error-file=${at(ends?.how === "dies" ? "end" : "dead")}`,
    `ddrescue-mapfile=${at("map")}`,
  ]
  const shrinksTo = ends && ends.how !== "dies" ? ends.how.shrinksTo : undefined
  const end = shrinksTo === undefined ? `touch ${at("end")}` : resize(`$(cat ${at("loop")})`, shrinksTo)
  const reactions = [
    ...(slow ? delays(slow) : []),
    ...(ends ? [`${touches(ends.touching)} ${end}; fi;`] : []),
  ]
  const plugin =
    reactions.length > 0 ? shellPlugin(at("image"), image.length, reactions) : ["file", at("image")]
  const server = ["nbdkit", "-s", ...filters, ...plugin, ...settings]
  const fuse = spawn("nbdfuse", ["-r", at("mount"), "--command", ...server], { stdio: "ignore" })
  const ended = new Promise<void>((resolve) => fuse.on("exit", () => resolve()))
  const file = at("mount/nbd")
  for (let i = 0; i < 200 && !existsSync(file); i++) await pause(25)
  const flags = ["--find", "--show", "--read-only", "--direct-io=on", "--sector-size", String(sectorSize)]
  const loop = run("losetup", ...flags, ...(shrinksTo === undefined ? [] : ["--partscan"]), file)
  writeFileSync(at("loop"), loop)
  // A loop device keeps its size; a partition is resized under those who read it.
  if (shrinksTo !== undefined) run("addpart", loop, "1", "0", String(image.length / 512))
  let seen = 0
  return {
    path: shrinksTo === undefined ? loop : `${loop}p1`,
    takeReads() {
      const lines = readFileSync(at("log"), "utf8").split("\n").slice(seen)
      seen += lines.length - 1
      return readsIn(lines)
    },
    die: () => writeFileSync(at("dead"), ""),
    async dispose() {
      if (shrinksTo !== undefined) run("delpart", loop, "1")
      run("losetup", "--detach", loop)
      // Reads that hang end with their server, which itself waits for them.
      fuse.kill("SIGKILL")
      await ended
      run("umount", "--lazy", at("mount"))
      rmSync(folder.path, { recursive: true, force: true })
    },
  }
}

/** A request is a line, and its answer another one. */
function readsIn(lines: readonly string[]): DriveRead[] {
  const failed = new Set(lines.map((line) => /\.\.\.Read id=(\d+) return=-1/.exec(line)?.[1]))
  return lines.flatMap((line) => {
    const [, id, start, length] = / Read id=(\d+) offset=(0x[0-9a-f]+) count=(0x[0-9a-f]+)/.exec(line) ?? []
    if (!id || !start || !length) return []
    return [{ start: Number(start), length: Number(length), hasFailed: failed.has(id) }]
  })
}

/** As GNU ddrescue would have written it. */
function mapOf(bad: readonly Extent[], size: number): string {
  const lines = ["0x0 ? 1"]
  let at = 0
  for (const e of bad) {
    if (e.start > at) lines.push(`${hex(at)} ${hex(e.start - at)} +`)
    lines.push(`${hex(e.start)} ${hex(e.length)} -`)
    at = endOf(e)
  }
  if (at < size) lines.push(`${hex(at)} ${hex(size - at)} +`)
  return `${lines.join("\n")}\n`
}

/** A plugin of shell commands. */
function shellPlugin(image: string, size: number, reactions: readonly string[]): string[] {
  const read = `dd if=${image} skip=$4 count=$3 iflag=skip_bytes,count_bytes bs=1M status=none`
  return [
    "eval",
    `get_size=echo ${size}`,
    `pread=${reactions.join(" ")} ${read}`,
    "thread_model=echo parallel",
  ]
}

function delays({ extents, seconds }: NonNullable<DriveRecipe["slow"]>): string[] {
  return extents.map((e) => `${touches(e)} sleep ${seconds}; fi;`)
}

function resize(loop: string, size: number): string {
  return `resizepart ${loop} 1 ${size / 512}`
}

/** A request of the plugin is `$3` bytes from `$4` on. */
function touches(e: Extent): string {
  return `if [ $4 -lt ${endOf(e)} ] && [ $(($4+$3)) -gt ${e.start} ]; then`
}
