/**
 * A descriptor that another process holds, for devices. A read that hangs in the kernel can neither be cancelled nor left: it
 * keeps a thread, and with it the process, for as long as it likes. A process can be left, and a new one reads elsewhere.
 *
 * The process reads and nothing else, so that nothing can go wrong when it comes back late. Requests go one after the other:
 * a drive that takes its time must not make those that wait look as if they hung. It is for looking at a volume, which reads
 * some places again and again: a sector that cannot be read is asked for once.
 */
import { type ChildProcess, fork } from "node:child_process"
import { type Extent, extent } from "../extents/extent.ts"
import type { Descriptor } from "./descriptor.ts"
import type { DescriptorReply, DescriptorRequest } from "./descriptor-messages.ts"
import { deadFailure, hangingFailure } from "./failures.ts"
import { MEDIUM_ERRORS } from "./fill.ts"
import { openLostPlaces } from "./lost-places.ts"

export interface DistantOptions {
  readonly sectorSize: number
  readonly direct?: boolean
  readonly readTimeoutMs: number
  /** Ends every read that is under way. */
  readonly signal?: AbortSignal | undefined
}

/** A drive that is still busy with a read that was given up keeps the next process waiting before it can open it. */
const OPENING_FACTOR = 3
/** Reads given up one after the other, anywhere: the drive itself hangs. */
const MOST_GIVEN_UP = 3
/** So many reads that fail one after the other raise the question whether the drive still lives; when it does, four times as many. */
const SUSPICIOUS = 16
const SUSPICION_GROWTH = 4
/** Of what was read well before; whole sectors of any drive. */
const PROBE = 4096

/** @throws the system's error, or SourceError when it does not open in time; its reads throw `LostPlace` too */
export async function openDistantDescriptor(
  path: string,
  { sectorSize, direct = false, readTimeoutMs, signal }: DistantOptions,
): Promise<Descriptor> {
  let reader: Reader | undefined
  let isOpen = true
  let givenUp = 0
  let [failures, limit] = [0, SUSPICIOUS]
  let proven: Extent | undefined
  const lost = openLostPlaces()
  let last: Promise<unknown> = Promise.resolve()

  async function open(): Promise<Reader> {
    const started = startReader(signal)
    const timeoutMs = readTimeoutMs * OPENING_FACTOR
    try {
      const reply = await started.ask({ path, direct }, timeoutMs)
      if (reply === undefined) throw hangingFailure(path, timeoutMs)
      bytesOf(reply)
      return started
    } catch (error) {
      started.leave()
      throw error
    }
  }

  /** Some of it, at least its first sectors. */
  async function read(at: number, into: Uint8Array): Promise<number> {
    // The number may belong to another file by now.
    if (!isOpen) throw Object.assign(new Error("the source is closed"), { code: "EBADF" })
    const asked = lost.cut(extent(at, into.length))
    reader ??= await open()
    const reply = await reader.ask(asked, readTimeoutMs)
    if (reply === undefined) {
      reader.leave()
      reader = undefined
      lost.hangs(asked)
      if (++givenUp >= MOST_GIVEN_UP) throw hangingFailure(path, readTimeoutMs)
      return read(at, into)
    }
    givenUp = 0
    if (!("bytes" in reply) && MEDIUM_ERRORS.has(reply.errno)) {
      if (++failures >= limit) await proveLife()
      if (asked.length <= sectorSize) lost.fails(asked)
    }
    const bytes = bytesOf(reply)
    into.set(bytes)
    failures = 0
    if (bytes.length > 0) proven = extent(at, Math.min(bytes.length, PROBE))
    return bytes.length
  }

  /** A drive that has died fails everywhere, and so does a large bad area: what was read before tells one from the other. */
  async function proveLife(): Promise<void> {
    if (!proven) return
    const again = await reader?.ask(proven, readTimeoutMs)
    if (!again || !("bytes" in again)) throw deadFailure(path)
    failures = 0
    limit *= SUSPICION_GROWTH
  }

  reader = await open()
  return {
    pread(at, into) {
      const count = last.then(() => read(at, into))
      last = count.catch(() => {})
      return count
    },
    // Devices have none.
    size: async () => 0n,
    async close() {
      isOpen = false
      reader?.leave()
    },
  }
}

interface Reader {
  /** One at a time; `undefined` when the time is over. @throws when the process ended, or the signal's reason */
  ask(request: DescriptorRequest, timeoutMs: number): Promise<DescriptorReply | undefined>
  /** Nothing waits for it any more. */
  leave(): void
}

function startReader(signal: AbortSignal | undefined): Reader {
  const child: ChildProcess = fork(new URL("./descriptor-entry.js", import.meta.url), [], {
    serialization: "advanced",
    // Nothing of ours is held open by a process that hangs: a pipe that is read by others has to end when we do.
    stdio: ["ignore", "ignore", "ignore", "ipc"],
    execArgv: [],
  })
  let settle: { answer(reply?: DescriptorReply): void; fail(error: unknown): void } | undefined
  let ended: unknown
  const end = (error: unknown): void => {
    ended ??= error
    settle?.fail(error)
  }
  const onAbort = (): void => end(signal?.reason)
  signal?.addEventListener("abort", onAbort)
  if (signal?.aborted) onAbort()
  child.on("message", (reply: DescriptorReply) => settle?.answer(reply))
  child.on("error", end)
  child.on("exit", (code, by) => end(new Error(`the process of a reader ended with ${by ?? `code ${code}`}`)))

  return {
    async ask(request, timeoutMs) {
      if (ended !== undefined) throw ended
      let timer: NodeJS.Timeout | undefined
      try {
        return await new Promise<DescriptorReply | undefined>((answer, fail) => {
          settle = { answer, fail }
          timer = setTimeout(() => answer(undefined), timeoutMs)
          child.send(request, (error) => error && end(error))
        })
      } finally {
        clearTimeout(timer)
        settle = undefined
      }
    },
    leave() {
      signal?.removeEventListener("abort", onAbort)
      ended ??= new Error("the process of a reader was left")
      child.kill("SIGKILL")
      child.channel?.unref()
      child.unref()
    },
  }
}

/** @throws the system's error, as it was there */
function bytesOf(reply: DescriptorReply): Uint8Array {
  if ("bytes" in reply) return reply.bytes
  throw Object.assign(new Error(reply.message), reply.errno !== undefined && { code: reply.errno })
}
