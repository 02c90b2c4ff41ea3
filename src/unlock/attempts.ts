/** Which credential is tried on which key protector, in which order: those that cost nothing, and those that need a stretch. */
import {
  type Credential,
  type PasswordCredential,
  type RecoveryPasswordCredential,
  stretchInputOfPassword,
  stretchInputOfRecoveryPassword,
} from "../credential/index.ts"
import type { Crypto } from "../crypto/crypto.ts"
import type { Secret } from "../crypto/secret.ts"
import type { KeyProtector } from "../fve/index.ts"

export interface LabelledCredential {
  readonly credential: Credential
  /** For the table of tries: "recovery password (prompt)". */
  readonly label: string
}

/** One credential, in one form, on one key protector (none for a raw VMK). */
export interface Attempt {
  readonly credential: string
  readonly protector?: KeyProtector
  readonly form?: string
}
export interface ImmediateAttempt extends Attempt {
  readonly protector: KeyProtector
  readonly key: Secret
}
export interface StretchAttempt extends Attempt {
  readonly protector: KeyProtector
  readonly initial: Uint8Array
  readonly salt: Uint8Array
}

/** The clear key first, whether or not it was asked for: it lies on the disk for anyone. */
export function immediateAttempts(
  protectors: readonly KeyProtector[],
  credentials: readonly LabelledCredential[],
): ImmediateAttempt[] {
  const clear = protectors.flatMap((protector) =>
    protector.clearKey ? [{ credential: "clear key", protector, key: protector.clearKey }] : [],
  )
  const startup = credentials.flatMap(({ credential, label }) => {
    if (credential.kind !== "startup-key") return []
    // The key's own protector first; the others too, since a GUID may be what was damaged.
    return protectors
      .filter(({ kind }) => kind === "startup-key")
      .sort((a, b) => Number(b.id === credential.keyId) - Number(a.id === credential.keyId))
      .map((protector) => ({ credential: label, protector, key: credential.key }))
  })
  return [...clear, ...startup]
}

export function stretchAttempts(
  protectors: readonly KeyProtector[],
  credentials: readonly LabelledCredential[],
  crypto: Crypto,
): StretchAttempt[] {
  return credentials.flatMap(({ credential, label }) => {
    if (credential.kind !== "password" && credential.kind !== "recovery-password") return []
    const forms = formsOf(credential, crypto)
    const fitting = protectors.filter(({ kind }) => kind === credential.kind)
    return forms.flatMap(({ initial, form }) =>
      fitting.flatMap((protector) =>
        protector.salt
          ? [{ credential: label, protector, initial, salt: protector.salt, ...(form && { form }) }]
          : [],
      ),
    )
  })
}

function formsOf(
  credential: PasswordCredential | RecoveryPasswordCredential,
  crypto: Crypto,
): { initial: Uint8Array; form?: string }[] {
  if (credential.kind === "recovery-password") {
    return [{ initial: stretchInputOfRecoveryPassword(credential.key16.reveal(), crypto.sha256) }]
  }
  return credential.forms.map(({ form, text }, i) => ({
    initial: stretchInputOfPassword(text.reveal(), crypto.sha256),
    ...(i > 0 && { form }),
  }))
}
