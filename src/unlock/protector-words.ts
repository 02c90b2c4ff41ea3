/** Key protectors in words: what people call them, and what opens them. */
import type { ProtectorKind } from "../fve/index.ts"

interface Words {
  readonly label: string
  /** Completes "opens with …" for people. */
  readonly opensWith: string
  /** Nothing on the disk can open it. */
  readonly needsMore?: string
}

const itsComputer = (things: string): Pick<Words, "opensWith" | "needsMore"> => {
  const needed = `${things}: only in the computer that the drive was in, not from the disk alone`
  return { opensWith: needed, needsMore: needed }
}

const WORDS: Readonly<Record<ProtectorKind, Words>> = {
  "clear-key": { label: "clear key", opensWith: "no credential: the key lies on the disk" },
  tpm: { label: "TPM", ...itsComputer("the TPM chip, by itself when Windows starts") },
  "startup-key": { label: "startup key", opensWith: "the .BEK file of this key ID (-rk)" },
  "tpm-startup-key": { label: "TPM and startup key", ...itsComputer("the TPM chip and a .BEK file") },
  pin: { label: "PIN", ...itsComputer("a PIN that the TPM chip checks") },
  "tpm-pin": { label: "TPM and PIN", ...itsComputer("the TPM chip and the PIN typed at the start") },
  "tpm-pin-startup-key": {
    label: "TPM, PIN and startup key",
    ...itsComputer("the TPM chip, the PIN and a .BEK file"),
  },
  "network-unlock": {
    label: "network unlock",
    ...itsComputer("the TPM chip and a server of the company's network, by themselves"),
  },
  "recovery-password": { label: "recovery password", opensWith: "the 48 digits of this key ID (-rp)" },
  "public-key": {
    label: "certificate",
    opensWith: "the private key of its certificate, as .pfx or .pem (-cf)",
  },
  password: { label: "password", opensWith: "the password of the drive (-pw)" },
  unknown: {
    label: "unknown kind",
    opensWith: "something that this version does not know: an account or a group (SID), or a newer kind",
    needsMore: "something that this version does not know: an account or a group (SID), or a newer kind",
  },
}

export function protectorLabel(kind: ProtectorKind): string {
  return WORDS[kind].label
}

export function opensWith(kind: ProtectorKind): string {
  return WORDS[kind].opensWith
}

/** Whether what a person can keep opens it, wherever the drive is. */
export function opensAnywhere(kind: ProtectorKind): boolean {
  return WORDS[kind].needsMore === undefined
}

/** Why a key protector was not tried. */
export function explainUntried(kind: ProtectorKind): { outcome: "other-kind" | "impossible"; why: string } {
  const { needsMore, opensWith } = WORDS[kind]
  if (needsMore) return { outcome: "impossible", why: `needs ${needsMore}` }
  return { outcome: "other-kind", why: `not tried: opens with ${opensWith}` }
}
