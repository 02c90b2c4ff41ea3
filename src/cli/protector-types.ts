/** The kinds of key protectors by the names that Microsoft's manage-bde has for them: as `-Type`, and as titles. */

interface ProtectorType {
  /** Lower case. */
  readonly name: string
  readonly title: string
  /** As reports name them. */
  readonly kinds: readonly string[]
}

export const PROTECTOR_TYPES: readonly ProtectorType[] = [
  { name: "recoverypassword", title: "Numerical Password", kinds: ["recovery-password"] },
  { name: "externalkey", title: "External Key", kinds: ["startup-key"] },
  { name: "certificate", title: "Certificate Based", kinds: ["public-key"] },
  { name: "tpm", title: "TPM", kinds: ["tpm"] },
  { name: "tpmandstartupkey", title: "TPM And Startup Key", kinds: ["tpm-startup-key"] },
  { name: "tpmandpin", title: "TPM And PIN", kinds: ["tpm-pin", "pin"] },
  { name: "tpmandpinandstartupkey", title: "TPM And PIN And Startup Key", kinds: ["tpm-pin-startup-key"] },
  { name: "password", title: "Password", kinds: ["password"] },
  { name: "identity", title: "Identity", kinds: [] },
]

/** Kinds that no -Type asks for. */
const OTHER_TITLES: Readonly<Record<string, string>> = {
  // None to manage-bde; here it is shown.
  "clear-key": "Clear Key (protection is suspended)",
  // As Microsoft's "BitLocker: How to enable Network Unlock" has it.
  "network-unlock": "Network (Certificate Based)",
}

/** What -status and -protectors call a key protector. */
export function protectorTitle(kind: string): string {
  return PROTECTOR_TYPES.find(({ kinds }) => kinds.includes(kind))?.title ?? OTHER_TITLES[kind] ?? "Unknown"
}
