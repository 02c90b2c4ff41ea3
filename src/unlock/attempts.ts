/**
 * Which keys a credential gives, and for which key protectors: those that cost nothing, and those that need a stretch.
 *
 * A damaged volume has several versions of one key protector, and the salt may be right in one while the wrapped VMK is
 * right in another. So versions are brought together by their ID, each different salt is stretched once, and what comes of
 * it is tried on everything.
 */
import { toHex } from "../bytes/hex.ts"
import {
  type Credential,
  type PasswordCredential,
  type RecoveryPasswordCredential,
  type StartupKeyCredential,
  stretchInputOfPassword,
  stretchInputOfRecoveryPassword,
} from "../credential/index.ts"
import type { Crypto } from "../crypto/crypto.ts"
import type { Secret } from "../crypto/secret.ts"
import type { FoundProtector, ProtectorKind } from "../fve/index.ts"

export interface LabelledCredential {
  readonly credential: Credential
  /** For the table of tries: "recovery password (prompt)". */
  readonly label: string
}

/** A key protector in all the versions of it that were found, the best one first. */
export interface VersionedProtector {
  readonly id: string
  readonly versions: readonly FoundProtector[]
}

/** A key that is tried at once. */
export interface KeyAttempt {
  readonly credential: string
  /** Those that it is for, by their kind. */
  readonly targets: readonly VersionedProtector[]
  readonly key: Secret
}
export interface StretchAttempt {
  readonly credential: string
  readonly target: VersionedProtector
  readonly initial: Uint8Array
  readonly salt: Uint8Array
  readonly form?: string
  /** 0 for the salt of the best version. */
  readonly rank: number
}

export function gatherVersions(protectors: readonly FoundProtector[]): VersionedProtector[] {
  const byId = new Map<string, FoundProtector[]>()
  for (const protector of protectors) byId.set(protector.id, [...(byId.get(protector.id) ?? []), protector])
  return [...byId].map(([id, versions]) => ({ id, versions }))
}

export function isOfKind({ versions }: VersionedProtector, kind: ProtectorKind): boolean {
  return versions.some((version) => version.kind === kind)
}

/** The clear key first, whether or not it was asked for: it lies on the disk for anyone. */
export function keyAttempts(
  protectors: readonly VersionedProtector[],
  credentials: readonly LabelledCredential[],
): KeyAttempt[] {
  const clear = protectors.flatMap((target) =>
    target.versions.flatMap(({ clearKey }) =>
      clearKey ? [{ credential: "clear key", targets: [target], key: clearKey }] : [],
    ),
  )
  const startup = credentials.flatMap(({ credential, label }) =>
    credential.kind === "startup-key" ? [startupAttempt(credential, label, protectors)] : [],
  )
  return [...clear, ...startup]
}

/** The key's own protector first; the others too, since a GUID may be what was damaged. */
function startupAttempt(
  { key, keyId }: StartupKeyCredential,
  credential: string,
  protectors: readonly VersionedProtector[],
): KeyAttempt {
  const targets = protectors
    .filter((protector) => isOfKind(protector, "startup-key"))
    .sort((a, b) => Number(b.id === keyId) - Number(a.id === keyId))
  return { credential, targets, key }
}

/** Each pair of password and salt once, the salts of the best versions first. */
export function stretchAttempts(
  protectors: readonly VersionedProtector[],
  credentials: readonly LabelledCredential[],
  crypto: Crypto,
): StretchAttempt[] {
  const attempts = credentials.flatMap(({ credential, label }) => {
    if (credential.kind !== "password" && credential.kind !== "recovery-password") return []
    const targets = protectors.filter((protector) => isOfKind(protector, credential.kind))
    return formsOf(credential, crypto).flatMap(({ initial, form }) =>
      targets.flatMap((target) =>
        saltsOf(target).map((salt, rank) => ({
          credential: label,
          target,
          initial,
          salt,
          rank,
          ...(form !== undefined && { form }),
        })),
      ),
    )
  })
  const distinct = new Map(attempts.map((attempt) => [workOf(attempt), attempt]))
  return [...distinct.values()].sort((a, b) => a.rank - b.rank)
}

/** What a stretch costs half a second for; the same salt may stand in protectors whose IDs were damaged. */
function workOf({ credential, initial, salt }: StretchAttempt): string {
  return `${toHex(initial)} ${toHex(salt)} ${credential}`
}

export function saltsOf({ versions }: VersionedProtector): Uint8Array[] {
  const salts = new Map(versions.flatMap(({ salt }) => (salt ? [[toHex(salt), salt] as const] : [])))
  return [...salts.values()]
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
