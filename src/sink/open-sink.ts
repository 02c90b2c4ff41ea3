/** From a sink as data to one that writes: every lane opens its own. */
import type { OpenOptions } from "./descriptor.ts"
import { openFile } from "./file.ts"
import { discardSink } from "./memory.ts"
import type { PositionalSink, SinkSpec } from "./positional-sink.ts"
import { openStdout } from "./stdout.ts"

/** @throws SinkError */
export async function openSink(spec: SinkSpec, options?: OpenOptions): Promise<PositionalSink> {
  switch (spec.kind) {
    case "image":
      return openFile(spec.path, { ...options, zeros: spec.zeros })
    case "device":
      return openFile(spec.path, { ...options, zeros: "write" })
    case "stdout":
      return openStdout()
    case "discard":
      return discardSink()
  }
}
