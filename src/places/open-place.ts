/** From what a person typed to the place: a file, a folder, or a service that is named by its scheme. */
import { stat } from "node:fs/promises"
import { CredentialError } from "../errors.ts"
import { keysInFile } from "./file.ts"
import { folderPlace } from "./folder.ts"
import type { KeyPlace } from "./place.ts"
import { chunksOfNamed } from "./read-file.ts"
import type { PlaceSettings } from "./settings.ts"

/** @throws CredentialError when there is no such place @throws UsageError for a service whose name is malformed */
export async function openPlace(spec: string, settings: PlaceSettings = {}): Promise<KeyPlace> {
  switch (/^(ldaps?|entra):/i.exec(spec)?.[1]?.toLowerCase()) {
    case "ldap":
    case "ldaps":
      return (await import("./ad-ds/index.ts")).openAdDs(spec, settings.adDs ?? {})
    case "entra":
      return (await import("./entra/index.ts")).openEntra(spec, settings.entra ?? {})
    default:
      return openFiles(spec)
  }
}

async function openFiles(spec: string): Promise<KeyPlace> {
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
