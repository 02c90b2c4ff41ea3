/**
 * A lane in a process of its own, for devices. A read that hangs in the kernel can neither be cancelled nor left: it keeps
 * a thread, and with it the process, for as long as it likes. A process can be left.
 *
 * The process writes what it read. That none writes after it was left rests on the kernel, not on our care: it is left by
 * SIGKILL, and a process that a signal has killed runs no instruction of its own any more when its read returns. It is
 * killed only while it reads, by its own account, and another one takes over only when it has ended or was seen to hang.
 * When its owner dies instead, it sees that it has another parent before it writes, and ends.
 */
import { type ChildProcess, fork } from "node:child_process"
import { type Outcome, type Ticket, nothingDone } from "../rescue/ticket.ts"
import type { Lane } from "./lane.ts"
import type { LaneSetup, ProcessSetup } from "./lane-setup.ts"
import { fromPortable } from "./portable-error.ts"
import type { ProcessReply, ProcessRequest } from "./process-messages.ts"
import { hangingSource } from "./reading-failures.ts"
import type { SinkSpec } from "../sink/positional-sink.ts"
import type { SourceSpec } from "../source/byte-source.ts"
import { USUAL_READ_TIMEOUT_MS } from "../source/descriptor.ts"

export interface ProcessLaneOptions {
  readonly readTimeoutMs?: number | undefined
  /** Resolves when the run is stopped: nothing more is to be written. */
  readonly stopped?: Promise<void>
}

type Setup = LaneSetup & { readonly source: SourceSpec; readonly sink: SinkSpec }

/** A drive that is still busy with a read that was given up keeps the next process waiting before it can open it. */
const OPENING_FACTOR = 3
/** A process that was killed outside of a read that hangs is gone sooner. */
const DYING_MS = 1_000

interface Flight {
  readonly ticket: Ticket
  readonly land: (outcome: Outcome) => void
}

export function openProcessLane(setup: Setup, { readTimeoutMs, stopped }: ProcessLaneOptions = {}): Lane {
  const timeoutMs = readTimeoutMs ?? USUAL_READ_TIMEOUT_MS
  /** In the order in which they are run. */
  const flights: Flight[] = []
  let child = start()
  let timer: NodeJS.Timeout | undefined
  /** The last that the process told of its ticket. */
  let reading: Extract<ProcessReply, { reads: unknown }> | undefined
  /** The process was killed, and no other one is there yet. */
  let isDying = false
  let isLeft = false
  void stopped?.then(() => send({ epoch: Atomics.load(setup.epoch, 0) }))

  function start(): ChildProcess {
    const started = fork(new URL("./process-entry.js", import.meta.url), [], {
      serialization: "advanced",
      // Nothing of ours is held open by a process that hangs: a pipe that is read by others has to end when we do.
      stdio: ["ignore", "ignore", "ignore", "ipc"],
      execArgv: [],
    })
    started.on("message", (reply: ProcessReply) => hear(started, reply))
    started.on("error", (error) => end(started, error))
    started.on("exit", (code, signal) => {
      end(started, new Error(`the process of a lane ended with ${signal ?? `code ${code}`}`))
    })
    const { epoch: _, key, ...rest } = setup
    const ownKey = key && { ...key, fvek: key.fvek.slice() }
    const told: ProcessSetup = { ...rest, ...(ownKey && { key: ownKey }) }
    started.send({ setup: told } satisfies ProcessRequest)
    ownKey?.fvek.fill(0)
    return started
  }

  function send(request: ProcessRequest): void {
    // One that has ended says so by itself.
    if (child.connected) child.send(request, () => {})
  }

  function hand(ticket: Ticket): void {
    send({ epoch: Atomics.load(setup.epoch, 0) })
    send({ ticket })
  }

  function hear(from: ChildProcess, reply: ProcessReply): void {
    if (from !== child || isDying) return
    clearTimeout(timer)
    if ("reads" in reply) {
      reading = reply
      watch()
    } else if ("outcome" in reply) {
      reading = undefined
      const { outcome, error } = reply
      flights.shift()?.land(error ? { ...outcome, error: fromPortable(error) } : outcome)
      if (flights.length > 0) watch()
    }
  }

  /** Opening the source may hang like any read. */
  function watch(): void {
    clearTimeout(timer)
    timer = setTimeout(() => void giveUp(), reading ? timeoutMs : timeoutMs * OPENING_FACTOR)
  }

  /** The read counts as failed, and another process goes on behind it. */
  async function giveUp(): Promise<void> {
    const flight = flights.shift()
    if (!flight) return
    const hung = reading
    isDying = true
    leave()
    await endOfDying(child)
    if (isLeft) return
    isDying = false
    child = start()
    for (const { ticket } of flights) hand(ticket)
    if (flights.length > 0) watch()
    if (hung) flight.land({ ...hung.soFar, failed: [...hung.soFar.failed, hung.reads] })
    else
      flight.land({
        ...nothingDone(flight.ticket),
        error: hangingSource(setup.source, timeoutMs * OPENING_FACTOR),
      })
  }

  function leave(): void {
    clearTimeout(timer)
    reading = undefined
    child.kill("SIGKILL")
    child.channel?.unref()
    child.unref()
  }

  function end(ended: ChildProcess, error: Error): void {
    if (ended !== child || isDying) return
    clearTimeout(timer)
    for (const { ticket, land } of flights.splice(0)) land({ ...nothingDone(ticket), error })
  }

  function run(ticket: Ticket): Promise<Outcome> {
    return new Promise((land) => {
      flights.push({ ticket, land })
      if (isDying) return
      if (!child.connected) return end(child, new Error("the process of a lane has ended"))
      hand(ticket)
      if (flights.length === 1) watch()
    })
  }

  return {
    run,
    async close() {
      isLeft = true
      clearTimeout(timer)
      send({ close: true })
      await endOfDying(child)
      leave()
    },
    abandon() {
      isLeft = true
      leave()
    },
  }
}

/** Resolves when the process has ended; soon, when it cannot. */
function endOfDying(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve()
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, DYING_MS)
    child.once("exit", () => {
      clearTimeout(timer)
      resolve()
    })
  })
}
