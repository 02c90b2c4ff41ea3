/** A file or device that is open for writing at positions. `blocking` writes suit a worker. */
import { close, fdatasync, fdatasyncSync, open, write, writeSync } from "node:fs"
import { promisify } from "node:util"
import type { Pwrite } from "./write-all.ts"

export interface OpenOptions {
  /** Writes hold the thread: faster, and right only inside a worker. */
  readonly blocking?: boolean
}

export interface Descriptor {
  readonly fd: number
  readonly pwrite: Pwrite
  sync(): Promise<void>
  close(): Promise<void>
}

/** @throws the system's error */
export async function openDescriptor(
  path: string,
  flags: number,
  { blocking = false }: OpenOptions = {},
): Promise<Descriptor> {
  const fd = await promisify(open)(path, flags)
  let isOpen = true
  return {
    fd,
    pwrite(at, bytes) {
      // The number may belong to another file by now.
      if (!isOpen) throw Object.assign(new Error("the output is closed"), { code: "EBADF" })
      return blocking ? writeSync(fd, bytes, 0, bytes.length, at) : pwriteLater(fd, at, bytes)
    },
    sync: async () => (blocking ? fdatasyncSync(fd) : promisify(fdatasync)(fd)),
    async close() {
      if (isOpen) {
        isOpen = false
        await promisify(close)(fd)
      }
    },
  }
}

function pwriteLater(fd: number, at: number, bytes: Uint8Array): Promise<number> {
  return new Promise((resolve, reject) => {
    write(fd, bytes, 0, bytes.length, at, (error, count) => (error ? reject(error) : resolve(count)))
  })
}
