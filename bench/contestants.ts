/**
 * The programs that are timed against each other: each turns the same encrypted volume into the same plaintext image. Ours
 * is timed twice: as a person calls it, and with the FVEK in hand, which is the same work without the key stretch.
 */
import { spawnSync } from "node:child_process"
import { existsSync, mkdirSync, readdirSync, readFileSync, readlinkSync, rmdirSync } from "node:fs"
import { isAbsolute, join } from "node:path"
import { type Cost, measure, runOrThrow, sum } from "./measure.ts"
import type { Volume } from "./make-volume.ts"

export interface Contestant {
  readonly name: string
  /** The program that must be there; what Node itself runs is always there. */
  readonly program?: string
  /** What the output must equal: the plaintext, unless nothing is decrypted. */
  readonly makes: "plaintext" | "copy"
  decrypt(volume: Volume, output: string): Cost
}

const PROGRAM = new URL("../../../dist/bin/main.js", import.meta.url).pathname

export const OURS = [process.execPath, PROGRAM]

export const CONTESTANTS: readonly Contestant[] = [
  {
    name: "repair-bde",
    makes: "plaintext",
    decrypt: ({ path, recoveryPassword }, output) =>
      measure([...OURS, "repair", path, output, "-rp", recoveryPassword, "--quiet"]),
  },
  {
    name: "repair-bde --fvek",
    makes: "plaintext",
    decrypt: ({ path, fvek }, output) =>
      measure([...OURS, "repair", path, output, "--fvek", fvek, "--quiet"]),
  },
  {
    name: "dislocker-file",
    program: "dislocker-file",
    makes: "plaintext",
    decrypt: ({ path, recoveryPassword }, output) =>
      measure(["dislocker-file", "-V", path, `-p${recoveryPassword}`, "--", output]),
  },
  { name: "bdemount + copy", program: "bdemount", makes: "plaintext", decrypt: mountAndCopy },
  {
    name: "dd bs=1M",
    program: "dd",
    makes: "copy",
    decrypt: ({ path }, output) => measure(["dd", "bs=1M", "status=none", `if=${path}`, `of=${output}`]),
  },
]

export function isPresent({ program }: Contestant): boolean {
  return program === undefined || isOnPath(program)
}

/** @param program a name to be looked for, or a path */
export function isOnPath(program: string): boolean {
  if (isAbsolute(program)) return existsSync(program)
  return (process.env.PATH ?? "").split(":").some((folder) => existsSync(join(folder, program)))
}

/** libbde has no tool that writes an image: its volume is mounted, copied and let go, and all of that is its time. */
function mountAndCopy({ path, recoveryPassword }: Volume, output: string): Cost {
  const mountPoint = `${output}.mount`
  mkdirSync(mountPoint)
  try {
    const mounted = measure(["bdemount", "-r", recoveryPassword, path, mountPoint])
    const copied = measure(["dd", "bs=1M", "status=none", `if=${mountPoint}/bde1`, `of=${output}`])
    const served = costOfServer(mountPoint)
    return sum(mounted, copied, served, measure(["fusermount3", "-u", mountPoint]))
  } finally {
    if (existsSync(join(mountPoint, "bde1"))) spawnSync("fusermount3", ["-u", mountPoint])
    rmdirSync(mountPoint)
  }
}

/** The FUSE server is a process of its own that no one waits for: the system's account of it is read while it lives. */
function costOfServer(mountPoint: string): Cost {
  const pid = readdirSync("/proc").find((name) => /^\d+$/.test(name) && isServerOf(name, mountPoint))
  if (!pid) return { wallMs: 0, cpuMs: 0, peakBytes: 0 }
  const [, fields = ""] = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")
  const [userTicks = 0, systemTicks = 0] = fields.split(" ").slice(11, 13).map(Number)
  const peak = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))
  const ticksInSecond = Number(runOrThrow(["getconf", "CLK_TCK"]))
  return {
    wallMs: 0,
    cpuMs: ((userTicks + systemTicks) * 1000) / ticksInSecond,
    peakBytes: Number(peak?.[1] ?? 0) * 1024,
  }
}

function isServerOf(pid: string, mountPoint: string): boolean {
  try {
    const program = readlinkSync(`/proc/${pid}/exe`)
    const args = readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0")
    return program.endsWith("bdemount") && args.includes(mountPoint)
  } catch {
    // It ended between the listing and the look, or is not ours to look at.
    return false
  }
}
