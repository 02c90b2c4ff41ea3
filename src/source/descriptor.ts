/**
 * An open file or device, read-only by construction: this is the only place of `source/` that opens anything, and it adds
 * nothing to O_RDONLY but O_DIRECT. Reads are positional; `blocking` ones suit a worker, which has nothing else to do.
 */
import { close, constants, fstat, open, read, readSync } from "node:fs"
import { promisify } from "node:util"
import type { Pread } from "./fill.ts"

export interface OpenOptions {
  /** Reads hold the thread: faster, and right only inside a worker. */
  readonly blocking?: boolean
  /** A read of a device that takes longer is given up, with the process that it is made in. Absent: it is waited for. */
  readonly readTimeoutMs?: number | undefined
  /** With a time limit: ends every read that is under way. */
  readonly signal?: AbortSignal | undefined
}

/** Of a read, where nobody said another one. */
export const USUAL_READ_TIMEOUT_MS = 60_000

export interface Descriptor {
  readonly pread: Pread
  /** Bytes, as the system says: 0 for devices. */
  size(): Promise<bigint>
  close(): Promise<void>
}

/** @throws the system's error */
export async function openDescriptor(
  path: string,
  { blocking = false, direct = false }: OpenOptions & { readonly direct?: boolean } = {},
): Promise<Descriptor> {
  const fd = await promisify(open)(path, constants.O_RDONLY | (direct ? constants.O_DIRECT : 0))
  let isOpen = true
  return {
    pread(at, into) {
      // The number may belong to another file by now.
      if (!isOpen) throw Object.assign(new Error("the source is closed"), { code: "EBADF" })
      return blocking ? readSync(fd, into, 0, into.length, at) : preadLater(fd, at, into)
    },
    size: async () => (await promisify(fstat)(fd, { bigint: true })).size,
    async close() {
      if (isOpen) {
        isOpen = false
        await promisify(close)(fd)
      }
    },
  }
}

function preadLater(fd: number, at: number, into: Uint8Array): Promise<number> {
  return new Promise((resolve, reject) => {
    read(fd, into, 0, into.length, at, (error, count) => (error ? reject(error) : resolve(count)))
  })
}
