/** What a checkpoint asks of the system to bring a small file onto its medium; a model of it takes the power away in tests. */
import { open, rename, rm } from "node:fs/promises"

export interface DurableFiles {
  /** The file with this content, made anew or overwritten from its start. Nothing of it is durable yet. */
  write(path: string, content: Uint8Array): Promise<void>
  /** The content of the file is on the medium when it resolves. */
  sync(path: string): Promise<void>
  rename(from: string, to: string): Promise<void>
  remove(path: string): Promise<void>
  /** The names in the folder are on the medium when it resolves. */
  syncFolder(path: string): Promise<void>
}

/** Names and positions of a drive's contents: its owner's alone. */
const PRIVATE = 0o600

export const nodeFiles: DurableFiles = {
  async write(path, content) {
    // Not emptied first: the room that the file has is used again.
    const file = await open(path, "r+").catch(() => open(path, "w", PRIVATE))
    try {
      await file.writeFile(content)
      await file.truncate(content.length)
    } finally {
      await file.close()
    }
  },
  async sync(path) {
    const file = await open(path, "r+")
    try {
      await file.sync()
    } finally {
      await file.close()
    }
  },
  rename,
  remove: (path) => rm(path, { force: true }),
  async syncFolder(path) {
    // Windows opens no folders, and needs none of this.
    if (process.platform === "win32") return
    const folder = await open(path, "r")
    try {
      await folder.sync()
    } finally {
      await folder.close()
    }
  },
}
