/** The inside of a lane's process: it tells each step before it takes it, so that its owner knows a hang. See `processes.ts`. */
import { setImmediate as turn } from "node:timers/promises"
import { nodeCrypto } from "../crypto/node.ts"
import { type Ticket, nothingDone } from "../rescue/ticket.ts"
import { openSink } from "../sink/open-sink.ts"
import { openSource } from "../source/open-source.ts"
import { type LaneTools, type Step, runTicket } from "./lane.ts"
import { type ProcessSetup, makeLaneTools } from "./lane-setup.ts"
import { toPortable } from "./portable-error.ts"
import type { ProcessReply, ProcessRequest } from "./process-messages.ts"

const owner = process.ppid
const epoch = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT))
let opened: Promise<LaneTools> | undefined
let last: Promise<void> = Promise.resolve()

process.on("message", (request: ProcessRequest) => {
  // At once: what was asked before may still be under way.
  if ("epoch" in request) Atomics.store(epoch, 0, request.epoch)
  else last = last.then(() => answer(request))
})
process.on("disconnect", () => process.exit())
// Ctrl-C reaches the whole group: the owner decides when its lanes end.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => {})

async function answer(request: Exclude<ProcessRequest, { readonly epoch: number }>): Promise<void> {
  if ("setup" in request) {
    opened = openTools(request.setup)
    // Its failure is reported with each ticket.
    await opened.catch(() => {})
  } else if ("ticket" in request) {
    tell(await run(request.ticket))
  } else {
    const tools = await opened?.catch(() => undefined)
    await Promise.all([tools?.source.close(), tools?.sink.close()])
    process.disconnect()
  }
}

async function openTools(setup: ProcessSetup): Promise<LaneTools> {
  try {
    const source = await openSource(setup.source, { blocking: true })
    const sink = await openSink(setup.sink, { blocking: true })
    return { ...makeLaneTools({ ...setup, epoch }, nodeCrypto, source, sink), onStep }
  } finally {
    setup.key?.fvek.fill(0)
  }
}

/** A pipe takes the message before this process begins what it tells: it is written at once where there is room. */
async function onStep(step: Step): Promise<void> {
  if (step === "writes") {
    tell({ writes: true })
    // Another parent: ours has died, and another run may have taken the output since.
    if (process.ppid !== owner) process.exit()
    return
  }
  tell(step)
  // Between two pieces there is time to hear that the run is over.
  await turn()
}

function tell(reply: ProcessReply): void {
  process.send?.(reply)
}

async function run(ticket: Ticket): Promise<ProcessReply> {
  try {
    const { error, ...outcome } = await runTicket(ticket, (await opened)!)
    return error === undefined ? { outcome } : { outcome, error: toPortable(error) }
  } catch (error) {
    return { outcome: nothingDone(ticket), error: toPortable(error) }
  }
}
