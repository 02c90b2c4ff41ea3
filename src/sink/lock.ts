/**
 * One run per output: a lock file beside it names the process that writes. The pid alone says little, since pids return;
 * with the start time of the process (proc(5), `stat` field 22) and the boot it does. The lock of a run that has ended,
 * killed or not, is taken over.
 */
import { link, readFile, rename, rm, writeFile } from "node:fs/promises"
import { hostname } from "node:os"
import { setTimeout as pause } from "node:timers/promises"
import { SinkError } from "../errors.ts"
import { errnoOf, openFailure } from "./failures.ts"

const WRITING_PAUSE_MS = 100

interface Holder {
  readonly host: string
  readonly pid: number
  /** Clock ticks between boot and start, or `unknown` where the system does not tell. */
  readonly started: string
}

/** Resolves to the function that gives the lock back. @throws SinkError when a live run holds it */
export async function lockOutput(output: string): Promise<() => Promise<void>> {
  const path = `${output}.lock`
  const holder: Holder = { host: hostname(), pid: process.pid, started: await startOf(process.pid) }
  const text = `${JSON.stringify(holder)}\n`
  for (;;) {
    try {
      await writeFile(path, text, { flag: "wx" })
      return () => rm(path, { force: true })
    } catch (error) {
      if (errnoOf(error) !== "EEXIST") throw openFailure(path, error)
    }
    await takeAway(path, output)
  }
}

/** Removes the lock of a run that has ended. @throws SinkError when it has not */
async function takeAway(path: string, output: string): Promise<void> {
  let seen = await readLock(path)
  if (seen !== undefined && !parseHolder(seen)) {
    // Either cut short by a crash, or its run is about to write it.
    await pause(WRITING_PAUSE_MS)
    seen = await readLock(path)
  }
  if (seen === undefined) return
  const holder = parseHolder(seen)
  if (holder && (await isAlive(holder))) throw inUse(path, output, holder)
  // Another run may have taken it over meanwhile: what was moved aside is looked at again before it goes.
  const aside = `${path}.${process.pid}`
  await rename(path, aside).catch(() => {})
  const moved = await readLock(aside)
  if (moved !== undefined && moved !== seen) await link(aside, path).catch(() => {})
  await rm(aside, { force: true })
}

function readLock(path: string): Promise<string | undefined> {
  return readFile(path, "utf8").catch(() => undefined)
}

function inUse(path: string, output: string, { pid, host }: Holder): SinkError {
  return new SinkError("sink-in-use", `another run writes ${output}: process ${pid} on ${host}`, {
    data: { path: output, lock: path, pid, host },
    next: [
      "wait until that run has ended, or stop it",
      "name another output",
      `if process ${pid} is no run of this tool, remove ${path}`,
    ],
  })
}

function parseHolder(text: string): Holder | undefined {
  try {
    const { host, pid, started } = JSON.parse(text) as Partial<Holder>
    if (typeof host !== "string" || typeof started !== "string" || !Number.isInteger(pid)) return undefined
    return { host, pid: pid!, started }
  } catch {
    return undefined
  }
}

/** Of a process on another host nothing is known, so it counts as alive. */
async function isAlive({ host, pid, started }: Holder): Promise<boolean> {
  if (host !== hostname()) return true
  try {
    process.kill(pid, 0)
  } catch (error) {
    if (errnoOf(error) === "ESRCH") return false
  }
  return started === (await startOf(pid))
}

async function startOf(pid: number): Promise<string> {
  const stat = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => undefined)
  if (stat === undefined) return "unknown"
  // The second field is the name of the program in parentheses, and may hold anything.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ")
  const boot = await readFile("/proc/sys/kernel/random/boot_id", "utf8").catch(() => "")
  return `${fields[19]} ${boot.trim()}`.trim()
}
