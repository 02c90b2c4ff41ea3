/**
 * An image file or a block device as a sink. It exists already, at its full size. Zeros are left out of a file where its
 * bytes are zero, and written everywhere else: what a device or an older file held before is somebody's old data.
 *
 * No O_EXCL here: the claim that nobody else uses a device is held once for the whole run by `prepareOutput`, since a
 * second claim, of another lane, would be refused.
 */
import { constants } from "node:fs"
import { type Extent, endOf, extentBetween } from "../extents/extent.ts"
import { type Descriptor, type OpenOptions, openDescriptor } from "./descriptor.ts"
import { openFailure, syncFailure } from "./failures.ts"
import type { PositionalSink, ZeroHandling } from "./positional-sink.ts"
import { writeAll } from "./write-all.ts"
import { dataExtents } from "./zero-runs.ts"

export interface FileSinkOptions extends OpenOptions {
  readonly zeros: ZeroHandling
}

export async function openFile(
  path: string,
  { zeros, ...options }: FileSinkOptions,
): Promise<PositionalSink> {
  // Comparing reads; a file that is only written may be one that its owner cannot read.
  const access = zeros === "compare" ? constants.O_RDWR : constants.O_WRONLY
  const descriptor = await openDescriptor(path, access, options).catch((error: unknown) => {
    throw openFailure(path, error)
  })
  return {
    async write(at, bytes) {
      for (const { start, length } of await extentsToWrite(descriptor, zeros, at, bytes)) {
        await writeAll(descriptor.pwrite, path, at + start, bytes.subarray(start, start + length))
      }
    },
    async sync() {
      await descriptor.sync().catch((error: unknown) => {
        throw syncFailure(path, error)
      })
    },
    close: () => descriptor.close(),
  }
}

/** In positions of `bytes`, which go to `at`. */
async function extentsToWrite(
  descriptor: Descriptor,
  zeros: ZeroHandling,
  at: number,
  bytes: Uint8Array,
): Promise<Extent[]> {
  if (zeros === "write") return [extentBetween(0, bytes.length)]
  const data = dataExtents(at, bytes)
  if (zeros === "skip") return data
  const found: Extent[] = []
  let end = 0
  for (const next of [...data, extentBetween(bytes.length, bytes.length)]) {
    const gap = extentBetween(end, next.start)
    if (gap.length > 0 && !(await readsAsZeros(descriptor, at + gap.start, gap.length))) found.push(gap)
    if (next.length > 0) found.push(next)
    end = endOf(next)
  }
  return found
}

/** A hole is read from no disk. What cannot be read, or ends early, is written. */
async function readsAsZeros({ pread }: Descriptor, at: number, length: number): Promise<boolean> {
  const there = new Uint8Array(length)
  for (let done = 0; done < length;) {
    const count = await pread(at + done, there.subarray(done)).catch(() => 0)
    if (count === 0) return false
    done += count
  }
  return dataExtents(at, there).length === 0
}
