/** What lies outside of this program, and takes its time: the tests have their own. */
import { type AzAnswer, runAz } from "./az.ts"
import { type MsalLibrary, importMsal } from "./device-code.ts"

export interface EntraWorld {
  readonly fetch: typeof globalThis.fetch
  /** What the Azure CLI prints; `undefined` where it is not installed. */
  readonly az: (args: readonly string[], signal: AbortSignal) => Promise<AzAnswer | undefined>
  /** `undefined` where it is not installed. */
  readonly msal: () => Promise<MsalLibrary | undefined>
  /** For one request. */
  readonly timeoutMs: number
  /** How long one wait may be that the service asks for. */
  readonly longestWaitMs: number
  /** How long all of them may be together. */
  readonly patienceMs: number
}

export const WORLD: EntraWorld = {
  fetch: (input, init) => globalThis.fetch(input, init),
  az: runAz,
  msal: importMsal,
  timeoutMs: 30_000,
  longestWaitMs: 120_000,
  patienceMs: 600_000,
}
