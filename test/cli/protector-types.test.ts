/** Key protectors in Microsoft's words. */
import { expect, it } from "vitest"
import { protectorTitle } from "../../src/cli/protector-types.ts"
import type { ProtectorKind } from "../../src/fve/index.ts"

const TITLES: Readonly<Record<ProtectorKind, string>> = {
  "clear-key": "Clear Key (protection is suspended)",
  tpm: "TPM",
  "startup-key": "External Key",
  "tpm-startup-key": "TPM And Startup Key",
  pin: "TPM And PIN",
  "tpm-pin": "TPM And PIN",
  "tpm-pin-startup-key": "TPM And PIN And Startup Key",
  "network-unlock": "Network (Certificate Based)",
  "recovery-password": "Numerical Password",
  "public-key": "Certificate Based",
  password: "Password",
  unknown: "Unknown",
}

it("each kind of key protector has the title that manage-bde has for it", () => {
  for (const [kind, title] of Object.entries(TITLES)) expect(protectorTitle(kind)).toBe(title)
})
