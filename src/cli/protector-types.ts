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

/** What -status and -protectors call a key protector. A clear key is none to them; here it is shown. */
export function protectorTitle(kind: string): string {
  if (kind === "clear-key") return "Clear Key (protection is suspended)"
  return PROTECTOR_TYPES.find(({ kinds }) => kinds.includes(kind))?.title ?? "Unknown"
}
