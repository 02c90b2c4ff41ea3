/** The bytes of a file, a chunk at a time, without waiting for what is none: pipes and devices have no end. */
import { constants } from "node:fs"
import { type FileHandle, open } from "node:fs/promises"

const FIRST_CHUNK = 1 << 16
const CHUNK = 1 << 20

/** Of a file of a folder a link is not followed: where it leads to is not in the folder. Windows knows no such flags. */
const AS_IT_IS = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0)

/** @throws as Node's `open`; nothing is read of what is no file */
export async function* chunksOfFile(path: string, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  const file = await open(path, AS_IT_IS)
  try {
    if ((await file.stat()).isFile()) yield* chunksOf(file, signal)
  } finally {
    await file.close()
  }
}

/** What a person named, links and pipes included. */
export async function* chunksOfNamed(path: string, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  const file = await open(path, constants.O_RDONLY)
  try {
    yield* chunksOf(file, signal)
  } finally {
    await file.close()
  }
}

async function* chunksOf(file: FileHandle, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  for (let length = FIRST_CHUNK; ; length = CHUNK) {
    signal.throwIfAborted()
    const { bytesRead, buffer } = await file.read(new Uint8Array(length))
    if (bytesRead === 0) return
    yield buffer.subarray(0, bytesRead)
  }
}
