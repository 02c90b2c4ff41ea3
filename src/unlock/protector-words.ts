/** Key protectors in words: what people call them, and what opens them. */
import type { ProtectorKind } from "../fve/index.ts"

interface Words {
  readonly label: string
  /** Completes "opens with …" for people. */
  readonly opensWith: string
  /** Nothing on the disk can open it. */
  readonly needsMore?: string
}

const NEEDS_TPM = "the TPM of the computer that the drive was in; not possible from the disk alone"

const WORDS: Readonly<Record<ProtectorKind, Words>> = {
  "clear-key": { label: "clear key", opensWith: "no credential: the key lies on the disk" },
  tpm: { label: "TPM", opensWith: NEEDS_TPM, needsMore: NEEDS_TPM },
  "startup-key": { label: "startup key", opensWith: "the .BEK file of this key ID (-rk)" },
  "tpm-startup-key": { label: "TPM and startup key", opensWith: NEEDS_TPM, needsMore: NEEDS_TPM },
  pin: { label: "PIN", opensWith: NEEDS_TPM, needsMore: NEEDS_TPM },
  "tpm-pin": { label: "TPM and PIN", opensWith: NEEDS_TPM, needsMore: NEEDS_TPM },
  "tpm-pin-startup-key": { label: "TPM, PIN and startup key", opensWith: NEEDS_TPM, needsMore: NEEDS_TPM },
  "recovery-password": { label: "recovery password", opensWith: "the 48 digits of this key ID (-rp)" },
  "public-key": {
    label: "certificate",
    opensWith: "the private key of its certificate",
    needsMore: "the private key of its certificate, which is not supported",
  },
  password: { label: "password", opensWith: "the password of the drive (-pw)" },
  unknown: {
    label: "unknown kind",
    opensWith: "unknown",
    needsMore: "something that this version does not know",
  },
}

export function protectorLabel(kind: ProtectorKind): string {
  return WORDS[kind].label
}

export function opensWith(kind: ProtectorKind): string {
  return WORDS[kind].opensWith
}

/** Why a key protector was not tried. */
export function explainUntried(kind: ProtectorKind): { outcome: "other-kind" | "impossible"; why: string } {
  const { needsMore, opensWith } = WORDS[kind]
  if (needsMore) return { outcome: "impossible", why: `needs ${needsMore}` }
  return { outcome: "other-kind", why: `not tried: opens with ${opensWith}` }
}
