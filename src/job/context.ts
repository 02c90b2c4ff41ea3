/** The surroundings of a job: what the shell gives, and Node's cryptography where it gives none. */
import { nodeCrypto } from "../crypto/node.ts"
import type { JobContext, JobShell } from "./requests.ts"

export function createContext(shell: JobShell = {}): JobContext {
  return { crypto: nodeCrypto, signal: new AbortController().signal, emit: () => {}, ...shell }
}
