/** `keys clinic` for people: what is wrong with the password as typed, how long the search takes, and what was found. */
import type { ClinicReport, FoundRecoveryPassword, GroupFault, SearchReport } from "../job/clinic-report.ts"
import { formatDuration } from "./quantities.ts"
import { renderSource, renderVolumeBriefly, shortKeyId } from "./render-volume.ts"
import { indent } from "./table.ts"

const WHY: Readonly<Record<GroupFault["reason"], string>> = {
  "not-six-digits": "is not six digits",
  "not-divisible-by-11": "is not divisible by 11",
  "too-large": "is too large",
}

/** What is said before the search starts, and all that a dry run says. */
export function renderSearch(
  { candidateCount, protectorCount, perSecond, seconds, resumedAt }: SearchReport,
  faults: readonly GroupFault[],
): string[] {
  const wrong = faults.map(({ group, reason }) => `group ${group} cannot be right: it ${WHY[reason]}`)
  const each = protectorCount > 1 ? `, each on ${protectorCount} key protectors` : ""
  const from = resumedAt > 0 ? `, of which ${resumedAt} were tried before` : ""
  return [
    ...(wrong.length > 0 ? wrong : ["no group is wrong by itself: each passes its check"]),
    `${candidateCount} candidates, the likeliest first${each}${from}`,
    `at ${perSecond} a second on this machine: ${formatDuration(seconds)} at most`,
  ]
}

export function renderClinic(report: ClinicReport): string[] {
  const { source, volume, faults, search, found, triedCount, dryRun, next } = report
  return [
    renderSource(source),
    renderVolumeBriefly(volume),
    "",
    ...(found
      ? renderFound(found)
      : dryRun
        ? renderSearch(search, faults)
        : [`NOT FOUND among ${triedCount} candidates`]),
    "",
    ...next.map((step) => `next: ${step}`),
  ]
}

function renderFound({ digits, protectorId, changed, opens, why }: FoundRecoveryPassword): string[] {
  return [
    `${opens ? "FOUND" : "FOUND, but it does not open the volume"}: the recovery password with the key ID ${shortKeyId(protectorId)} is`,
    "",
    ...indent([digits.revealText()]),
    "",
    ...changed.map(
      ({ group, typed, right }) => `group ${group}: ${right.revealText()}, not ${typed.revealText()}`,
    ),
    why,
  ]
}

/** The report as JSON: the digits, which print as redacted anywhere else, are what was asked for. */
export function clinicDocument({ found, ...report }: ClinicReport): object {
  if (!found) return report
  const changed = found.changed.map(({ group, typed, right }) => ({
    group,
    typed: typed.revealText(),
    right: right.revealText(),
  }))
  return { ...report, found: { ...found, digits: found.digits.revealText(), changed } }
}
