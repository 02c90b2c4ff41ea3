/** The answer of `check` for people. */
import type { CheckReport, ElsewhereReport } from "../job/reports.ts"
import { renderTries } from "./render-tries.ts"
import {
  renderFindings,
  renderOpenedBy,
  renderSource,
  renderVolumeBriefly,
  shortKeyId,
} from "./render-volume.ts"
import { indent } from "./table.ts"

export function renderCheck({
  source,
  volume,
  opens,
  openedBy,
  tries,
  elsewhere = [],
}: CheckReport): string[] {
  const head = [renderSource(source), renderVolumeBriefly(volume), ""]
  const failed = tries.filter(({ outcome }) => outcome !== "opened")
  const table = failed.length > 0 ? ["", ...indent(renderTries(tries))] : []
  if (opens && openedBy) {
    return [
      ...head,
      `YES: ${renderOpenedBy(openedBy)}`,
      ...table,
      ...renderFindings(volume.findings),
      "",
      `next: the same command with repair in the place of check, and an OUTPUT after ${source.path}`,
    ]
  }
  // What can be looked for; where nothing can, what is needed.
  const open = volume.protectors.filter(({ opensAnywhere }) => opensAnywhere)
  const wanted = (open.length > 0 ? open : volume.protectors).map(
    ({ label, id, opensWith }) => `next: key ID ${shortKeyId(id)}, ${label}: ${opensWith}`,
  )
  const others = elsewhere.length > 0 ? ["", ...elsewhere.map(renderElsewhere)] : []
  return [...head, "NO: none of these credentials opens this volume", ...table, ...others, "", ...wanted]
}

function renderElsewhere({ credential, volume, where, standing, protectorId }: ElsewhereReport): string {
  const key = protectorId === undefined ? "" : `, key ID ${shortKeyId(protectorId)}`
  const what = standing === "current" ? where : `${where}, ${STANDINGS[standing]}`
  return `BUT: ${credential} opens volume ${volume} (${what}${key}): look at it with --volume ${volume}`
}

const STANDINGS = {
  earlier: "which another volume has replaced since",
  foreign: "which lies inside another volume",
}
