/** The inside of a worker thread of a scan: one lane, fed by messages, answering by messages. See `scan-threads.ts`. */
import { parentPort, workerData } from "node:worker_threads"
import type { Extent } from "../extents/extent.ts"
import { USUAL_READ_TIMEOUT_MS } from "../source/descriptor.ts"
import { openSource } from "../source/open-source.ts"
import { toPortable } from "./portable-error.ts"
import { makeScanTools, scanExtent } from "./scan-lane.ts"
import type { ScanThreadReply, ScanThreadRequest, ScanThreadSetup } from "./scan-threads.ts"

const setup = workerData as ScanThreadSetup
const port = parentPort!
const { readTimeoutMs = USUAL_READ_TIMEOUT_MS } = setup
const options = { blocking: true, readTimeoutMs }
const opened = openSource(setup.source, options).then((source) => makeScanTools(source, setup))
// Its failure is the answer to every request.
opened.catch(() => {})

let last: Promise<void> = Promise.resolve()
port.on("message", (request: ScanThreadRequest) => {
  last = last.then(() => answer(request))
})

async function answer(request: ScanThreadRequest): Promise<void> {
  if ("close" in request) {
    await opened.then(({ source }) => source.close()).catch(() => {})
    port.close()
    return
  }
  port.postMessage(await scan(request))
}

async function scan({ extent }: { readonly extent: Extent }): Promise<ScanThreadReply> {
  try {
    return { scanned: await scanExtent(extent, await opened) }
  } catch (error) {
    return { error: toPortable(error) }
  }
}
