/** From what a person typed to the place: a file, a folder, or a service that is named by its scheme. */
import { stat } from "node:fs/promises"
import { CredentialError } from "../errors.ts"
import { keysInFile } from "./file.ts"
import { folderPlace } from "./folder.ts"
import type { KeyPlace } from "./place.ts"
import { chunksOfNamed } from "./read-file.ts"

/** @throws CredentialError when there is no such place */
export async function openPlace(spec: string): Promise<KeyPlace> {
  const facts = await stat(spec).catch((cause: unknown) => {
    throw unreadable(spec, cause)
  })
  if (facts.isDirectory()) return folderPlace(spec)
  if (facts.isBlockDevice()) throw isDrive(spec)
  return {
    spec,
    search: (wanted, { signal }) => keysInFile({ name: spec, chunks: chunksOfNamed(spec, signal) }, wanted),
  }
}

function unreadable(spec: string, cause: unknown): CredentialError {
  const code = (cause as NodeJS.ErrnoException).code ?? "unknown"
  return new CredentialError("place-unreadable", `cannot look for keys in ${spec} (${code})`, {
    next: ["check the path, and that you may read it"],
    data: { place: spec },
    cause,
  })
}

function isDrive(spec: string): CredentialError {
  return new CredentialError("place-is-drive", `${spec} is a drive: keys lie in its files`, {
    next: ["mount it, and name the folder it is mounted on"],
    data: { place: spec },
  })
}
