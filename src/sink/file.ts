/**
 * An image file or a block device as a sink. It exists already, at its full size. Zeros are left out of a file whose bytes
 * are zero, and written everywhere else: what a device or an older file held before is somebody's old data.
 *
 * No O_EXCL here: the claim that nobody else uses a device is held once for the whole run by `prepareOutput`, since a
 * second claim, of another lane, would be refused.
 */
import { constants } from "node:fs"
import { type OpenOptions, openDescriptor } from "./descriptor.ts"
import { openFailure } from "./failures.ts"
import type { PositionalSink } from "./positional-sink.ts"
import { writeAll } from "./write-all.ts"
import { dataExtents } from "./zero-runs.ts"

export interface FileSinkOptions extends OpenOptions {
  readonly skipZeros: boolean
}

export async function openFile(path: string, options: FileSinkOptions): Promise<PositionalSink> {
  const descriptor = await openDescriptor(path, constants.O_WRONLY, options).catch((error: unknown) => {
    throw openFailure(path, error)
  })
  return {
    async write(at, bytes) {
      if (!options.skipZeros) return writeAll(descriptor.pwrite, path, at, bytes)
      for (const { start, length } of dataExtents(at, bytes)) {
        await writeAll(descriptor.pwrite, path, at + start, bytes.subarray(start, start + length))
      }
    },
    sync: () => descriptor.sync(),
    close: () => descriptor.close(),
  }
}
