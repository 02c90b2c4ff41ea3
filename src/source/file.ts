/** A regular file as a source: an image. It carries no sector size; 512 is the unit in which it may be unreadable. */
import { assertInside } from "./bounds.ts"
import type { ByteSource } from "./byte-source.ts"
import { type Descriptor, type OpenOptions, openDescriptor } from "./descriptor.ts"
import { openFailure, readFailure, shrankFailure, tooLargeFailure } from "./failures.ts"
import { fill, fillOnce } from "./fill.ts"

const SECTOR_SIZE = 512

/** @param expected bytes that it must have at least */
export async function openFile(path: string, options?: OpenOptions, expected = 0): Promise<ByteSource> {
  const descriptor = await openDescriptor(path, options).catch((error: unknown) => {
    throw openFailure(path, error)
  })
  const size = await sizeOf(path, descriptor)
  if (size < expected) {
    await descriptor.close()
    throw shrankFailure(path, size, expected)
  }
  const reading =
    (work: typeof fill): ByteSource["read"] =>
    async (at, into, signal) => {
      assertInside(size, at, into.length)
      try {
        return await work(descriptor.pread, at, into, SECTOR_SIZE, signal)
      } catch (error) {
        throw readFailure(path, at, size, error, signal)
      }
    }
  return {
    size,
    sectorSize: SECTOR_SIZE,
    read: reading(fill),
    readOnce: reading(fillOnce),
    close: () => descriptor.close(),
  }
}

/** The size when it was opened: a file that grows is read as far as it went then. */
async function sizeOf(path: string, descriptor: Descriptor): Promise<number> {
  const size = await descriptor.size()
  if (size <= BigInt(Number.MAX_SAFE_INTEGER)) return Number(size)
  await descriptor.close()
  throw tooLargeFailure(path, size)
}
