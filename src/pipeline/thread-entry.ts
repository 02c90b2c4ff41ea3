/** The inside of a worker thread: one lane, fed by messages, answering by messages. See `threads.ts`. */
import { parentPort } from "node:worker_threads"
import { nodeCrypto } from "../crypto/node.ts"
import { type Ticket, nothingDone } from "../rescue/ticket.ts"
import { openSink } from "../sink/open-sink.ts"
import { openSource } from "../source/open-source.ts"
import { type LaneTools, runTicket } from "./lane.ts"
import { type ThreadSetup, makeLaneTools } from "./lane-setup.ts"
import { toPortable } from "./portable-error.ts"
import type { ThreadReply, ThreadRequest } from "./threads.ts"

const port = parentPort!
let opened: Promise<LaneTools> | undefined
let last: Promise<void> = Promise.resolve()
port.on("message", (request: ThreadRequest) => {
  last = last.then(() => answer(request))
})

async function answer(request: ThreadRequest): Promise<void> {
  if ("setup" in request) {
    opened = openTools(request.setup)
    // Its failure is reported with each ticket.
    await opened.catch(() => {})
  } else if ("ticket" in request) {
    port.postMessage(await run(request.ticket))
  } else {
    const tools = await opened?.catch(() => undefined)
    await Promise.all([tools?.source.close(), tools?.sink.close()])
    port.postMessage({ closed: true } satisfies ThreadReply)
    port.close()
  }
}

async function openTools(setup: ThreadSetup): Promise<LaneTools> {
  try {
    const source = await openSource(setup.source, { blocking: true })
    const sink = await openSink(setup.sink, { blocking: true })
    return makeLaneTools(setup, nodeCrypto, source, sink)
  } finally {
    setup.key?.fvek.fill(0)
  }
}

async function run(ticket: Ticket): Promise<ThreadReply> {
  try {
    const { error, ...outcome } = await runTicket(ticket, (await opened)!)
    return error === undefined ? { outcome } : { outcome, error: toPortable(error) }
  } catch (error) {
    return { outcome: nothingDone(ticket), error: toPortable(error) }
  }
}
