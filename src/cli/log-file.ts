/**
 * `-lf`: what happened, line by line with the time, for whoever looks into it later. Lines go to the file as they come,
 * so that a power cut loses none. An existing file is continued when it is a log of ours and refused when it is anything
 * else: a slip of the hand must not put text into an image.
 */
import { closeSync, openSync, readSync, statSync, writeSync, type Stats } from "node:fs"
import { SinkError } from "../errors.ts"
import { isForPeople, renderEvent } from "./render-event.ts"
import type { Reporter } from "./reporters.ts"

const FIRST_LINE = "repair-bde log\n"

export interface LogFileOptions {
  readonly path: string
  /** INPUT and OUTPUT: never the log. */
  readonly paths: readonly string[]
  /** Version, system and command line, without secrets. */
  readonly head: string
  readonly now: () => number
}

/** @throws SinkError */
export function logFile({ path, paths, head, now }: LogFileOptions): Reporter {
  const handle = openLog(path, paths)
  let isOpen = true
  const write = (line: string): void => {
    if (!isOpen) return
    try {
      writeSync(handle, `${new Date(now()).toISOString()} ${line}\n`)
    } catch {
      // A log that is full or gone must not end a job of days; what it lacks was shown on the terminal.
      isOpen = false
    }
  }
  write(head)
  return {
    event(event) {
      const line = renderEvent(event)
      if (line) write(isForPeople(event) || event.type === "phase" ? line : `good: ${line}`)
    },
    warning: (text) => write(`warning: ${text}`),
    result({ lines, isSecret }) {
      if (isSecret) write("the answer shows keys: it is not in the log")
      else lines.forEach((line) => line && write(line))
    },
    failure: ({ lines }) => lines.forEach(write),
    close: () => closeSync(handle),
  }
}

/** What exists is looked at before it is opened: INPUT must never be open for writing, not even for a moment. */
function openLog(path: string, paths: readonly string[]): number {
  const before = statOf(path)
  if (before) refuseWhatIsNoLog(path, before, paths)
  try {
    const handle = openSync(path, "a")
    if (!before || (before.isFile() && before.size === 0)) writeSync(handle, FIRST_LINE)
    return handle
  } catch (cause) {
    throw unwritable(path, cause)
  }
}

function refuseWhatIsNoLog(path: string, stat: Stats, paths: readonly string[]): void {
  if (paths.some((other) => isSame(stat, statOf(other)))) {
    throw new SinkError("log-is-other-file", `${path} is INPUT or OUTPUT and cannot be the log too`, {
      next: ["name another file for -lf"],
    })
  }
  if (stat.isCharacterDevice() || stat.isFIFO()) return
  if (stat.isFile() && (stat.size === 0 || startsLikeALog(path))) return
  throw new SinkError("log-is-other-file", `${path} exists and is no log of repair-bde`, {
    next: ["name another file for -lf, or remove this one"],
  })
}

function startsLikeALog(path: string): boolean {
  let handle: number
  try {
    handle = openSync(path, "r")
  } catch (cause) {
    throw unwritable(path, cause)
  }
  const start = Buffer.alloc(FIRST_LINE.length)
  const length = readSync(handle, start, 0, start.length, 0)
  closeSync(handle)
  return start.toString("latin1", 0, length) === FIRST_LINE
}

function statOf(path: string): Stats | undefined {
  return statSync(path, { throwIfNoEntry: false })
}

function isSame(a: Stats, b: Stats | undefined): boolean {
  return b !== undefined && a.dev === b.dev && a.ino === b.ino
}

function unwritable(path: string, cause: unknown): SinkError {
  return new SinkError("log-unwritable", `the log ${path} cannot be written: ${(cause as Error).message}`, {
    next: ["name a file in a folder that you may write to", "leave -lf out"],
    cause,
  })
}
