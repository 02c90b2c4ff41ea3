/**
 * Files with keys in them, or with what keys open: new ones only, readable by nobody else, on their medium before anything is
 * said of them, and never on the drive that is read.
 */
import { open, rm, stat } from "node:fs/promises"
import { dirname, resolve } from "node:path"
import { SinkError } from "../errors.ts"
import { errnoOf, openFailure } from "../sink/failures.ts"
import { refuseSource } from "../sink/refuse-source.ts"

const PRIVATE = 0o600

/** @throws SinkError when it exists, cannot be written, or would lie on the input */
export async function savePrivateFile(path: string, bytes: Uint8Array, inputPath: string): Promise<void> {
  const place = resolve(path)
  await refuseSource(place, await stat(place, { bigint: true }).catch(() => undefined), inputPath)
  const file = await open(place, "wx", PRIVATE).catch((cause: unknown) => {
    throw errnoOf(cause) === "EEXIST" ? existing(path) : openFailure(path, cause)
  })
  try {
    await file.writeFile(bytes)
    await file.sync()
  } catch (cause) {
    // Half a key is worse than none: somebody would rely on it.
    await rm(place, { force: true })
    throw openFailure(path, cause)
  } finally {
    await file.close()
  }
  await syncFolder(dirname(place))
}

function existing(path: string): SinkError {
  return new SinkError("key-file-exists", `${path} exists already: it may be the only one of its kind`, {
    next: ["name another folder", "move the older file away first"],
    data: { path },
  })
}

/** Only then is the name on the medium too. Windows opens no folders, and needs none of this. */
export async function syncFolder(path: string): Promise<void> {
  if (process.platform === "win32") return
  const folder = await open(path, "r")
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
}
