/** The inside of the digest thread: told how far the output is final, it hashes up to there. See `output-digest.ts`. */
import { createHash } from "node:crypto"
import { readSync } from "node:fs"
import { open } from "node:fs/promises"
import { parentPort, workerData } from "node:worker_threads"
import { SinkError } from "../errors.ts"
import { hex } from "../extents/extent.ts"
import { openMailbox } from "./mailbox.ts"
import type { DigestReply, DigestSetup } from "./output-digest.ts"
import { toPortable } from "./portable-error.ts"

const setup = workerData as DigestSetup
const port = parentPort!
const frontiers = openMailbox<number>()
port.on("message", (frontier: number) => frontiers.put(frontier))

void answer()

async function answer(): Promise<void> {
  port.postMessage(await replyOf(setup))
  port.close()
}

async function replyOf(setup: DigestSetup): Promise<DigestReply> {
  try {
    return { digest: await hashOutput(setup) }
  } catch (error) {
    return { error: toPortable(error) }
  }
}

async function hashOutput({ path, size }: DigestSetup): Promise<string> {
  // A handle, because Node 20 warns when a thread closes what `openSync` gave it.
  const output = await open(path)
  const hash = createHash("sha256")
  const buffer = new Uint8Array(1 << 20)
  for (let [done, frontier] = [0, 0]; done < size;) {
    if (done === frontier) frontier = (await frontiers.take())!
    const count = readSync(output.fd, buffer, 0, Math.min(buffer.length, frontier - done), done)
    if (count === 0 && done < frontier) throw shrankError(path, done)
    hash.update(buffer.subarray(0, count))
    done += count
  }
  await output.close()
  return hash.digest("hex")
}

function shrankError(path: string, at: number): SinkError {
  return new SinkError("sink-shrank", `the output ${path} ended at ${hex(at)} while it was hashed`, {
    next: ["see what else writes to the output", "run again, into another output"],
    data: { path, at },
  })
}
