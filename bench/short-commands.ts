/** Times the commands that a person waits for without a progress bar: start, unlock, inspect. */
import { rmSync } from "node:fs"
import { join } from "node:path"
import { EncryptionMethod } from "../src/crypto/method.ts"
import { isOnPath, OURS } from "./contestants.ts"
import { makeHugeDisk } from "./huge-disk.ts"
import { makeVolume } from "./make-volume.ts"
import { type Cost, measure, median } from "./measure.ts"
import type { BenchOptions } from "./options.ts"
import type { ShortTiming } from "./report.ts"

const VOLUME_SIZE = 64 * 1024 ** 2
/** ext4 ends just below 16 TiB. */
const HUGE_SIZE = 15 * 1024 ** 4
/** They are short, so that more runs cost little and steady the median. */
const RUNS_FACTOR = 3

interface ShortCommand {
  readonly what: string
  readonly command: readonly string[]
  readonly against?: readonly string[]
}

export async function timeShortCommands(folder: string, { runs }: BenchOptions): Promise<ShortTiming[]> {
  const volume = await makeVolume(folder, "short", EncryptionMethod.xtsAes128, VOLUME_SIZE)
  const disk = join(folder, "huge.img")
  makeHugeDisk(disk, HUGE_SIZE, volume.path)
  const commands: readonly ShortCommand[] = [
    {
      what: "cold start",
      command: [...OURS, "--help"],
      against: [process.execPath, "-e", "0"],
    },
    {
      what: "unlock",
      command: [...OURS, "check", volume.path, "-rp", volume.recoveryPassword],
      against: ["bdeinfo", "-r", volume.recoveryPassword, volume.path],
    },
    { what: "inspect", command: [...OURS, "inspect", volume.path] },
    { what: "inspect of a 15 TiB disk image", command: [...OURS, "inspect", disk] },
  ]
  const timings = commands.map((command) => timeShortCommand(command, runs * RUNS_FACTOR))
  for (const path of [volume.path, volume.plaintext, disk]) rmSync(path)
  return timings
}

function timeShortCommand({ what, command, against }: ShortCommand, runs: number): ShortTiming {
  const rival = against && isOnPath(against[0]!) ? against : undefined
  const costs: Cost[] = []
  const rivalCosts: Cost[] = []
  for (let run = 0; run < runs; run++) {
    costs.push(measure(command))
    if (rival) rivalCosts.push(measure(rival))
  }
  return {
    what,
    command: spell(command),
    cost: median(costs),
    ...(rival && { against: { command: spell(rival), cost: median(rivalCosts) } }),
  }
}

/** Without folders and secrets: `check -rp`. */
function spell(command: readonly string[]): string {
  const isOurs = command[1] === OURS[1]
  const words = isOurs ? ["repair-bde", ...command.slice(2)] : command
  return words
    .filter((word) => !/^[\d-]{20,}$/.test(word))
    .map((word) => word.split("/").at(-1)!)
    .join(" ")
}
