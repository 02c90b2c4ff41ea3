/** The answer of `inspect` for people. */
import type { InspectReport, ProtectorReport, VolumeReport } from "../job/reports.ts"
import { renderSource, renderVolume, shortKeyId } from "./render-volume.ts"

export function renderInspect(report: InspectReport): string[] {
  return [
    renderSource(report.source),
    ...report.volumes.flatMap((volume) => ["", ...renderVolume(volume)]),
    "",
    ...report.volumes.flatMap((volume) => nextSteps(report, volume)),
  ]
}

/** The credential that is most often at hand first. */
const OFFERS = [
  { kind: "recovery-password", option: "-rp", what: "the recovery password" },
  { kind: "password", option: "-pw", what: "the password" },
  { kind: "startup-key", option: "-rk FILE.BEK", what: "the recovery key or startup key" },
  { kind: "public-key", option: "-cf FILE.pfx", what: "the certificate with its private key" },
]

function nextSteps({ source, volumes }: InspectReport, volume: VolumeReport): string[] {
  const choice = volumes.length > 1 ? ` --volume ${volume.index}` : ""
  const command = `repair-bde ${source.path} OUTPUT${choice}`
  if (volume.clearKey) return [`next: ${command}   (no credential needed)`]
  const offers = OFFERS.flatMap(({ kind, option, what }) => {
    const ids = volume.protectors.filter((protector) => protector.kind === kind).map(keyIdOf)
    return ids.length === 0
      ? []
      : [`next: ${command} ${option}   (${what} with the key ID ${ids.join(" or ")})`]
  })
  const isBound = offers.length === 0 && volume.protectors.some(({ opensAnywhere }) => !opensAnywhere)
  if (isBound) return BOUND_TO_ITS_COMPUTER
  const isFindable = volume.protectors.some(({ kind }) => MAY_LIE_SOMEWHERE.has(kind))
  const search = `next: repair-bde keys find ${source.path}${choice} --in PLACE`
  return isFindable ? [...offers, `${search}   (${WHERE_TO_LOOK})`] : offers
}

const MAY_LIE_SOMEWHERE: ReadonlySet<string> = new Set(["recovery-password", "startup-key"])
const WHERE_TO_LOOK = "looks for the key: in a folder, a file, a domain (ldaps://…) or Entra ID (entra:)"

const BOUND_TO_ITS_COMPUTER = [
  "next: put the drive back into its computer and let Windows start: that opens it",
  "next: a VMK that was saved before opens it anywhere (--vmk)",
]

const keyIdOf = (protector: ProtectorReport): string => shortKeyId(protector.id)
