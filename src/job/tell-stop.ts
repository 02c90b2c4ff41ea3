/** A run that ended before its end: what is there already, and how it is gone on with. */
import { SinkError, SourceError } from "../errors.ts"
import type { RunResult } from "../pipeline/index.ts"
import type { JobContext, RepairRequest } from "./requests.ts"

/**
 * Says how to go on, where there is something to go on with.
 * @param map where the map of the run is; absent when none is kept
 * @returns what to throw
 */
export function tellStop(
  { output, overwrite, reading }: RepairRequest,
  { stopped, done }: RunResult,
  size: number,
  map: string | undefined,
  { emit }: JobContext,
): unknown {
  const again = overwrite ? "the same command without -f" : "the same command"
  if (map !== undefined) {
    emit({
      type: "notice",
      code: "resumable",
      text: `${done} of ${size} bytes are in ${output}, as ${map} says: ${again} goes on from there`,
    })
  }
  if (stopped instanceof SinkError && stopped.code === "sink-full") return full(stopped, output, done, size)
  if (stopped instanceof SourceError && stopped.code === "source-dead" && reading?.waitMs === undefined) {
    return dead(stopped)
  }
  return stopped
}

/** The lane that met it knew only its own write. */
function full(cause: SinkError, output: string, written: number, size: number): SinkError {
  const missing = size - written
  return new SinkError("sink-full", `no space left for ${output}: ${missing} of ${size} bytes are missing`, {
    next: [
      `free ${missing} bytes and run it again, or name an output on another drive`,
      "what was written is kept",
    ],
    data: { ...cause.data, path: output, written, missing, size },
    cause,
  })
}

/** Only a run that writes can wait, and who has waited need not be told. */
function dead(cause: SourceError): SourceError {
  const next = [...cause.next, "add --wait to have the program wait for the drive"]
  return new SourceError("source-dead", cause.message, { next, data: cause.data, cause })
}
