/**
 * Standard output as a sink: bytes in ascending order without a gap, each write waiting until the reader took the last
 * one. Written to the descriptor itself: `process.stdout` would buffer what the reader is too slow for.
 */
import { fsync, write } from "node:fs"
import { setTimeout as pause } from "node:timers/promises"
import { errnoOf, writeFailure } from "./failures.ts"
import type { PositionalSink } from "./positional-sink.ts"
import { writeAll } from "./write-all.ts"

const STDOUT = 1
/** A pipe that another program made non-blocking answers EAGAIN when it is full. */
const FULL_PIPE_PAUSE_MS = 2

export function openStdout(fd = STDOUT): PositionalSink {
  let position: number | undefined
  return {
    async write(at, bytes) {
      position ??= at
      if (at !== position) throw new Error("standard output takes bytes in ascending order, without a gap")
      await writeAll(async (_, part) => writeNext(fd, part), "standard output", at, bytes)
      position += bytes.length
    },
    async sync() {
      await new Promise<void>((resolve, reject) => {
        fsync(fd, (error) => {
          // A pipe or terminal has no medium: EINVAL, EROFS or ENOTSUP by system.
          const isMediumError = error && ["EIO", "ENOSPC", "EDQUOT"].includes(errnoOf(error) ?? "")
          if (isMediumError) reject(writeFailure("standard output", position ?? 0, 0, 0, error))
          else resolve()
        })
      })
    },
    // The descriptor belongs to the process.
    close: async () => {},
  }
}

async function writeNext(fd: number, bytes: Uint8Array): Promise<number> {
  for (;;) {
    try {
      return await new Promise((resolve, reject) => {
        write(fd, bytes, 0, bytes.length, null, (error, count) => (error ? reject(error) : resolve(count)))
      })
    } catch (error) {
      if (errnoOf(error) !== "EAGAIN") throw error
      await pause(FULL_PIPE_PAUSE_MS)
    }
  }
}
