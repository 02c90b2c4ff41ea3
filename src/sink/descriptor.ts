/** A file or device that is open for writing at positions. `blocking` writes suit a worker. */
import { close, fdatasync, fdatasyncSync, open, read, readSync, write, writeSync } from "node:fs"
import { promisify } from "node:util"
import type { Pwrite } from "./write-all.ts"

export interface OpenOptions {
  /** Writes hold the thread: faster, and right only inside a worker. */
  readonly blocking?: boolean
}

export interface Descriptor {
  readonly fd: number
  readonly pwrite: Pwrite
  /** Of a descriptor that may be read too. Resolves to the number of bytes that came, and rejects with the system's error. */
  pread(at: number, into: Uint8Array): Promise<number>
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
  const mustBeOpen = (): void => {
    // The number may belong to another file by now.
    if (!isOpen) throw Object.assign(new Error("the output is closed"), { code: "EBADF" })
  }
  return {
    fd,
    pwrite(at, bytes) {
      mustBeOpen()
      return blocking ? writeSync(fd, bytes, 0, bytes.length, at) : pwriteLater(fd, at, bytes)
    },
    async pread(at, into) {
      mustBeOpen()
      return blocking ? readSync(fd, into, 0, into.length, at) : preadLater(fd, at, into)
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

function preadLater(fd: number, at: number, into: Uint8Array): Promise<number> {
  return new Promise((resolve, reject) => {
    read(fd, into, 0, into.length, at, (error, count) => (error ? reject(error) : resolve(count)))
  })
}
