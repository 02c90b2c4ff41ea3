/** `repair-bde [repair] INPUT OUTPUT …` */
import { repairVolume } from "../job/repair.ts"
import type { RepairReport } from "../job/reports.ts"
import type { CredentialInput, ReadingRequest, RepairRequest } from "../job/requests.ts"
import { isGiven, numberOf, rangeOf, textOf, textsOf, type Invocation } from "./invocation.ts"
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
  const fill = textOf(invocation, "fill")
  const map = textOf(invocation, "map")
  const sourceMap = textOf(invocation, "sourceMap")
  const mapInterval = numberOf(invocation, "mapInterval")
  const places = keyPlacesOf(invocation, "keys", sources)
  return {
    input: inputOf(invocation),
    credentials,
    keyPackages: textsOf(invocation, "keyPackage"),
    output: invocation.positionals[1]!,
    overwrite: isGiven(invocation, "force"),
    resume: isGiven(invocation, "resume"),
    sparse: !isGiven(invocation, "noSparse"),
    keepZeros: isGiven(invocation, "keepZeros"),
    fullSize: isGiven(invocation, "fullSize"),
    hash: isGiven(invocation, "hash"),
    forceNoise: isGiven(invocation, "forceNoise"),
    dryRun: isGiven(invocation, "dryRun"),
    ...(places && { places }),
    ...(range && { range }),
    ...(lanes !== undefined && { lanes }),
    ...(map !== undefined && { map }),
    ...(sourceMap !== undefined && { sourceMap }),
    ...(mapInterval !== undefined && { mapInterval }),
    ...(fill !== undefined && { fill: Buffer.from(fill) }),
    reading: readingOf(invocation),
  }
}

function readingOf(invocation: Invocation): ReadingRequest {
  const retries = numberOf(invocation, "retries")
  const maxErrors = numberOf(invocation, "maxErrors")
  const readTimeout = numberOf(invocation, "readTimeout")
  const wait = isGiven(invocation, "wait") ? (numberOf(invocation, "wait") ?? Infinity) : undefined
  return {
    isReversed: isGiven(invocation, "reverse"),
    despiteErrors: isGiven(invocation, "despiteErrors"),
    ...(retries !== undefined && { retries }),
    ...(maxErrors !== undefined && { maxErrors }),
    ...(readTimeout !== undefined && { readTimeoutMs: readTimeout * 1000 }),
    ...(wait !== undefined && { waitMs: wait * 1000 }),
  }
}
