/**
 * Undo files on disk. One is written aside, synced, renamed, and its folder synced, before anything else happens; then it is
 * read back, and what came back is the patch that is applied: nothing is ever written that could not be taken back.
 */
import { open, readFile, rename, rm, stat } from "node:fs/promises"
import { dirname, resolve } from "node:path"
import type { Crypto } from "../crypto/crypto.ts"
import { SinkError, SourceError } from "../errors.ts"
import {
  type SavedUndo,
  type UndoFault,
  type UndoFile,
  parseUndoFile,
  serializeUndoFile,
} from "../patch/index.ts"
import { openFailure } from "../sink/failures.ts"
import { refuseSource } from "../sink/refuse-source.ts"
import { syncFolder } from "./private-file.ts"

/** Some hundred kilobytes are usual: whatever is larger is another file. */
const LARGEST_UNDO_FILE = 1 << 26
/** Remains of what the drive held: nobody else's to read. */
const PRIVATE = 0o600

/** @throws SinkError when the file exists, cannot be written, or would lie on the drive itself */
export async function saveUndoFile(
  path: string,
  undo: UndoFile,
  inputPath: string,
  crypto: Crypto,
): Promise<SavedUndo> {
  const place = resolve(path)
  const facts = await stat(place, { bigint: true }).catch(() => undefined)
  await refuseSource(place, facts, inputPath)
  if (facts) {
    throw new SinkError(
      "undo-file-exists",
      `${path} exists already: it may be the undo file of another repair`,
      {
        next: ["name another file with --undo-file"],
        data: { path },
      },
    )
  }
  const aside = `${place}.partial`
  try {
    await writeSynced(aside, serializeUndoFile(undo, crypto.sha256))
    await rename(aside, place)
    await syncFolder(dirname(place))
  } catch (error) {
    await rm(aside, { force: true })
    throw openFailure(path, error)
  }
  return loadUndoFile(path, crypto)
}

export type LoadedUndo = SavedUndo & UndoFile

/** @throws SourceError */
export async function loadUndoFile(path: string, crypto: Crypto): Promise<LoadedUndo> {
  const undo = parseUndoFile(await readWhole(path), crypto.sha256)
  if (typeof undo === "object") return { ...undo, path }
  throw new SourceError("undo-file-unusable", `${path} ${FAULTS[undo]}; nothing was written`, {
    next: ["name the undo file that the repair printed, or another copy of it"],
    data: { path, fault: undo },
  })
}

const FAULTS: Readonly<Record<UndoFault, string>> = {
  foreign: "is no undo file",
  cut: "is cut: its last line, the checksum, is missing",
  altered: "was altered: its checksum does not match",
  newer: "is of a later version of repair-bde",
  wrong: "has a right checksum, and says what cannot be",
}

async function readWhole(path: string): Promise<Uint8Array> {
  try {
    const { size } = await stat(path)
    return size <= LARGEST_UNDO_FILE ? await readFile(path) : new Uint8Array(0)
  } catch (cause) {
    throw new SourceError("undo-file-unreadable", `cannot read the undo file ${path}`, {
      next: ["check its path, and that you may read it"],
      data: { path },
      cause,
    })
  }
}

async function writeSynced(path: string, bytes: Uint8Array): Promise<void> {
  const file = await open(path, "wx", PRIVATE)
  try {
    await file.writeFile(bytes)
    await file.sync()
  } finally {
    await file.close()
  }
}
