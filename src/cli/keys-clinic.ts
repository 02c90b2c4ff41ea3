/** `repair-bde keys clinic INPUT -rp …` */
import { UsageError } from "../errors.ts"
import type { ClinicReport } from "../job/clinic-report.ts"
import { type ClinicRequest, cureRecoveryPassword } from "../job/clinic.ts"
import type { CredentialInput } from "../job/requests.ts"
import { isGiven, textOf, type Invocation } from "./invocation.ts"
import { clinicDocument, renderClinic } from "./render-clinic.ts"
import { inputOf, type Command } from "./session.ts"

export const keysClinic: Command<ClinicReport> = {
  run: (invocation, credentials, context) =>
    cureRecoveryPassword(requestOf(invocation, credentials), context),
  render: renderClinic,
  document: clinicDocument,
  showsSecrets: true,
  exitCode: ({ exitCode }) => exitCode,
}

function requestOf(invocation: Invocation, credentials: readonly CredentialInput[]): ClinicRequest {
  const [typed, ...others] = credentials.filter(({ kind }) => kind === "recovery-password")
  if (!typed || !("text" in typed) || others.length > 0) {
    throw new UsageError(
      "not-one-recovery-password",
      "one recovery password is needed, as it was written down",
      {
        next: ["give -rp once; write ? for each digit that cannot be read"],
      },
    )
  }
  const keyId = textOf(invocation, "keyId")
  const statePath = textOf(invocation, "searchState")
  return {
    input: inputOf(invocation),
    typed: typed.text,
    thorough: isGiven(invocation, "thorough"),
    dryRun: isGiven(invocation, "dryRun"),
    ...(keyId !== undefined && { keyId }),
    ...(statePath !== undefined && { statePath }),
  }
}
