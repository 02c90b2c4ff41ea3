/** The answer of `keys find` for people: what the drive asks for, what lies where, and what to type next. */
import type { FindKeysReport, FoundKeyReport, KeyVerdict } from "../job/find-keys.ts"
import { renderFindings, renderSource, renderVolumeBriefly, shortKeyId } from "./render-volume.ts"
import { facts, indent, table } from "./table.ts"

export function renderFindKeys(report: FindKeysReport): string[] {
  const { source, volume, computer, wanted, places, next } = report
  const rows = wanted.map(({ shortId, label, found, id }) => [
    shortId,
    label,
    found === 0 ? "-" : String(found),
    id,
  ])
  const names = facts([
    ["computer", computer],
    ["description", volume.description],
    ["volume", volume.volumeId],
  ])
  return [
    renderSource(source),
    renderVolumeBriefly(volume),
    "",
    "This drive asks for",
    ...indent(names.length + rows.length > 0 ? names : ["nothing that it could name any more"]),
    ...(rows.length > 0
      ? ["", ...indent(table(["KEY ID", "KEY PROTECTOR", "FOUND", "WHOLE KEY ID"], rows))]
      : []),
    ...places.flatMap((place) => ["", ...renderPlace(place)]),
    "",
    ...renderKeys(report),
    "",
    ...next.map((step) => `next: ${step}`),
  ]
}

function renderPlace({ place, keyCount, otherCount, findings }: FindKeysReport["places"][number]): string[] {
  const count = keyCount === 0 ? "no key" : keyCount === 1 ? "1 key" : `${keyCount} keys`
  const others = otherCount > 0 ? `, ${otherCount} of them for other drives` : ""
  return [`${place}: ${count}${others}`, ...indent(renderFindings(findings).filter((line) => line !== ""))]
}

const VERDICTS: Readonly<Record<KeyVerdict, string>> = {
  opens: "OPENS",
  fits: "fits",
  closed: "does not open",
  untried: "not tried",
  "needs-more": "not alone",
}

/** Long lists are for `--json`. */
const MOST_ROWS = 20

function renderKeys({ keys, needsNoKey }: FindKeysReport): string[] {
  const answer = needsNoKey ? "YES: this drive opens without any key" : answerOf(keys)
  if (keys.length === 0) return [answer]
  const rows = keys
    .slice(0, MOST_ROWS)
    .map(({ keyId, label, verdict, why, origin }) => [
      keyId === undefined ? "-" : shortKeyId(keyId),
      label,
      VERDICTS[verdict],
      `${origin}: ${why}`,
    ])
  const more = keys.length - rows.length
  return [
    answer,
    "",
    ...indent(table(["KEY ID", "KEY", "RESULT", "WHERE AND WHY"], rows)),
    ...(more > 0 ? [`  and ${more} more: see --json`] : []),
  ]
}

function answerOf(keys: readonly FoundKeyReport[]): string {
  const verdicts = new Set(keys.map(({ verdict }) => verdict))
  if (verdicts.has("opens")) return "YES: a key that opens this drive was found"
  if (verdicts.has("fits")) return "PERHAPS: a key that names this drive was found, and could not be tried"
  if (verdicts.has("untried")) return "PERHAPS: these keys could not be tried"
  return keys.length > 0
    ? "NO: nothing in these places opens this drive"
    : "NO: nothing in these places is for this drive"
}
