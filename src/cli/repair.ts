/** `repair-bde [repair] INPUT OUTPUT …` */
import { repairVolume } from "../job/repair.ts"
import type { RepairReport } from "../job/reports.ts"
import type { CredentialInput, RepairRequest } from "../job/requests.ts"
import { isGiven, numberOf, rangeOf, textsOf, type Invocation } from "./invocation.ts"
import { keyPlacesOf } from "./key-places.ts"
import { renderRepair } from "./render-repair.ts"
import type { SecretSources } from "./secrets.ts"
import { inputOf, type Command } from "./session.ts"

export const repair: Command<RepairReport> = {
  run: (invocation, credentials, context, sources) =>
    repairVolume(requestOf(invocation, credentials, sources), context),
  render: renderRepair,
  exitCode: ({ exitCode }) => exitCode,
}

function requestOf(
  invocation: Invocation,
  credentials: readonly CredentialInput[],
  sources: SecretSources,
): RepairRequest {
  const range = rangeOf(invocation, "range")
  const lanes = numberOf(invocation, "lanes")
  const places = keyPlacesOf(invocation, "keys", sources)
  return {
    input: inputOf(invocation),
    credentials,
    keyPackages: textsOf(invocation, "keyPackage"),
    output: invocation.positionals[1]!,
    overwrite: isGiven(invocation, "force"),
    sparse: !isGiven(invocation, "noSparse"),
    keepZeros: isGiven(invocation, "keepZeros"),
    fullSize: isGiven(invocation, "fullSize"),
    hash: isGiven(invocation, "hash"),
    dryRun: isGiven(invocation, "dryRun"),
    ...(places && { places }),
    ...(range && { range }),
    ...(lanes !== undefined && { lanes }),
  }
}
