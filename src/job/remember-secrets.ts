/** Secrets that a job comes to know by itself, out of files, directories and volumes, for whoever keeps them out of messages. */
import { type Credential, formatRecoveryPassword } from "../credential/index.ts"
import { Secret } from "../crypto/secret.ts"
import type { VolumeKeys } from "../fve/index.ts"
import type { JobContext } from "./requests.ts"

type Memory = Pick<JobContext, "remember">

export function rememberCredential(credential: Credential, { remember }: Memory): void {
  if (remember) for (const secret of secretsOf(credential)) remember(secret)
}

export function rememberKeys({ vmk, fvek }: VolumeKeys, { remember }: Memory): void {
  if (vmk) remember?.(vmk)
  remember?.(fvek)
}

function secretsOf(credential: Credential): Secret[] {
  switch (credential.kind) {
    case "recovery-password":
      // As the digits, which lead to the key behind them.
      return [Secret.ofText(formatRecoveryPassword(credential.key16.reveal()))]
    case "password":
      return credential.forms.map(({ text }) => text)
    case "startup-key":
    case "vmk":
      return [credential.key]
    case "fvek":
      return credential.readings.map(({ key }) => key)
    case "public-key":
      return [credential.rsaKey]
    case "clear-key":
      return []
  }
}
