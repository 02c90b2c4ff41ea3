/** What is asked and said of an output before its first byte. */
import { SinkError } from "../errors.ts"
import type { PreparedOutput } from "../sink/index.ts"
import type { JobEvent } from "./events.ts"
import type { JobContext } from "./requests.ts"

/** A device that holds something is overwritten only when a person says so. @throws SinkError when not */
export async function approveOutput(
  output: PreparedOutput,
  path: string,
  { ask }: JobContext,
): Promise<void> {
  const holds = output.existing?.holds
  if (output.spec.kind !== "device" || holds === undefined) return
  const text = `${path} holds ${holds} (${output.existing?.size} bytes). All of it will be overwritten. Continue?`
  if (await ask?.({ code: "overwrite-device", text })) return
  throw new SinkError("sink-not-approved", `${path} holds ${holds}, and nobody agreed to overwrite it`, {
    next: [
      "run it on a terminal and answer the question",
      "wipe the device's first sectors yourself, or choose another output",
    ],
    data: { path, holds },
  })
}

export function* noticesOf({ freeSpace }: PreparedOutput): Generator<JobEvent> {
  if (!freeSpace || freeSpace.available >= freeSpace.needed) return
  yield {
    type: "notice",
    code: "free-space-short",
    text: `only ${freeSpace.available} bytes are free where the output goes, and it may need ${freeSpace.needed}: zeros take no space in a sparse image`,
  }
}
