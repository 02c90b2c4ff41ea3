/** A search in a place, told in one value. */
import { formatRecoveryPassword } from "../../src/credential/recovery-password.ts"
import { Secret } from "../../src/crypto/secret.ts"
import { AppError } from "../../src/errors.ts"
import type { KeyCandidate, KeyPlace, PlaceContext, WantedKeys } from "../../src/places/place.ts"

export interface Outcome {
  readonly candidates: readonly KeyCandidate[]
  /** The recovery passwords among them. */
  readonly passwords: readonly string[]
  /** Codes of findings. */
  readonly findings: readonly string[]
  readonly notices: readonly string[]
  /** What ended it before its end. */
  readonly error?: AppError
}

export const NOTHING: WantedKeys = { volumeIds: [], protectorIds: [], shortIds: [], computers: [] }

export async function searchPlace(
  place: KeyPlace,
  wanted: Partial<WantedKeys>,
  surroundings: Partial<PlaceContext> = {},
): Promise<Outcome> {
  const candidates: KeyCandidate[] = []
  const findings: string[] = []
  const notices: string[] = []
  const context: PlaceContext = {
    signal: new AbortController().signal,
    notice: (code) => notices.push(code),
    ...surroundings,
  }
  let error: AppError | undefined
  try {
    for await (const item of place.search({ ...NOTHING, ...wanted }, context)) {
      if (item.type === "candidate") candidates.push(item.candidate)
      else findings.push(item.finding.code)
    }
  } catch (thrown) {
    if (!(thrown instanceof AppError)) throw thrown
    error = thrown
  }
  const passwords = candidates.flatMap((one) =>
    one.kind === "recovery-password" ? [formatRecoveryPassword(one.credential.key16.reveal())] : [],
  )
  return { candidates, passwords, findings, notices, ...(error && { error }) }
}

export const secret = (text: string): Secret => Secret.ofText(text)
