/** `findKeys` at the library's door: the code of places is loaded when it is called, and not before. */
import type { FindKeysReport, FindKeysRequest } from "./find-keys.ts"
import type { JobShell } from "./requests.ts"

/** @throws SourceError, NotFveError; CredentialError, DirectoryError or UsageError when no place can be searched */
export async function findKeys(request: FindKeysRequest, shell: JobShell = {}): Promise<FindKeysReport> {
  const job = await import("./find-keys.ts")
  return job.findKeys(request, shell)
}
