/**
 * A map on its medium, replaced as a whole: written aside, synced, renamed over the old one, its folder synced. At any moment
 * the file is the old map or the new one.
 *
 * An output that fills its disk must not take the map's room: a file beside it keeps so much that the next map fits, and
 * becomes that map.
 */
import { dirname } from "node:path"
import { SinkError } from "../errors.ts"
import { errnoOf } from "../sink/failures.ts"
import { type DurableFiles, nodeFiles } from "./durable-files.ts"

export interface CheckpointFile {
  /** The first text, not durable yet: it costs no run anything. */
  begin(text: string): Promise<void>
  /** Instead of `begin` for a file that says it all already. */
  goOn(text: string): Promise<void>
  /** The text is on its medium when it resolves. */
  save(text: string): Promise<void>
  /** Keeps the file, and nothing beside it. */
  close(): Promise<void>
  /** Takes the file away. Not durably: after a power cut it may be back, and what it says is still true. */
  remove(): Promise<void>
  /** Takes it away for good, before the output becomes another one. */
  forget(): Promise<void>
}

const LEAST_ROOM = 65_536

export function openCheckpointFile(path: string, files: DurableFiles = nodeFiles): CheckpointFile {
  const aside = `${path}.next`
  const folder = dirname(path)
  const steps = async (work: () => Promise<void>): Promise<void> => {
    try {
      await work()
    } catch (cause) {
      throw unwritable(path, cause)
    }
  }
  const remove = async (): Promise<void> => {
    await files.remove(aside)
    await files.remove(path)
  }
  /** A map grows by what goes wrong between two checkpoints. */
  const keepRoom = async ({ length }: Uint8Array | string): Promise<void> => {
    // Without room the next one may fail and say so; this one is saved.
    await files.write(aside, new Uint8Array(LEAST_ROOM + 2 * length)).catch(() => {})
  }
  return {
    begin: (text) =>
      steps(async () => {
        const content = new TextEncoder().encode(text)
        await files.write(path, content)
        await keepRoom(content)
      }),
    goOn: (text) => steps(() => keepRoom(text)),
    save: (text) =>
      steps(async () => {
        const content = new TextEncoder().encode(text)
        await files.write(aside, content)
        await files.sync(aside)
        await files.rename(aside, path)
        await files.syncFolder(folder)
        await keepRoom(content)
      }),
    close: () => steps(() => files.remove(aside)),
    remove: () => steps(remove),
    forget: () =>
      steps(async () => {
        await remove()
        await files.syncFolder(folder)
      }),
  }
}

function unwritable(path: string, cause: unknown): SinkError {
  const errno = errnoOf(cause) ?? String(cause)
  return new SinkError("map-unwritable", `the map ${path} cannot be saved: ${errno}`, {
    data: { path, errno },
    cause,
    next: ["see that its folder exists, is writable and has some space", "name another file with --map"],
  })
}
