/** What `repair` says for people: the plan, and the result. */
import { hex, hexRange, totalLength } from "../extents/extent.ts"
import type { PlanReport, ProofReport, RepairReport } from "../job/reports.ts"
import { formatDuration, formatShare, formatSize, formatSizeExactly } from "./quantities.ts"
import { indent, table } from "./table.ts"

/** More than these are counted, not listed: `--json` and the log have them all. */
const LISTED_EXTENTS = 10

/** `99 MiB encrypted, 192 KiB zeroed` */
export function renderPlanBriefly({ bytes }: PlanReport): string {
  return Object.entries(bytes)
    .filter(([, length]) => length > 0)
    .map(([kind, length]) => `${formatSize(length)} ${kind}`)
    .join(", ")
}

export function renderRepair(report: RepairReport): string[] {
  return [...(report.dryRun ? renderDryRun(report) : renderResult(report)), ...report.next.map(asNext)]
}

function renderResult({ output, size, elapsedMs, unreadable, proof, sha256 }: RepairReport): string[] {
  const target = output === "-" ? "standard output" : output
  return [
    `wrote ${formatSizeExactly(size)} to ${target} in ${formatDuration(elapsedMs / 1000)}`,
    ...renderLosses(unreadable),
    ...(proof ? [`${proof.verdict}: ${proof.sentence}`, ...renderRegions(proof)] : []),
    ...(sha256 ? [`SHA-256 ${sha256}`] : []),
  ]
}

/** One line where all is right; where something is not, a table of every region. */
function renderRegions({ regions }: ProofReport): string[] {
  const judged = regions.filter(({ verdict }) => verdict !== "unproven")
  if (judged.length === 0) return []
  if (judged.every(({ verdict }) => verdict === "proven")) {
    const counts = judged.map(({ region, right }) => `${REGION_NAMES[region]} ${right}`)
    return [`all right of what was looked at: ${counts.join(", ")}`]
  }
  const rows = regions.map(({ region, verdict, confidence, sampled, sentence }) => {
    const share = `${sampled ? "at least " : ""}${formatShare(confidence)}`
    return [REGION_NAMES[region], ...(verdict === "unproven" ? ["", ""] : [verdict, share]), sentence]
  })
  return indent(table(["REGION", "VERDICT", "RIGHT", "WHY"], rows))
}

const REGION_NAMES: Readonly<Record<ProofReport["regions"][number]["region"], string>> = {
  boot: "boot sectors",
  "file-table": "FILE records",
  allocation: "FAT sectors",
  folders: "folder blocks",
  "file-heads": "file heads",
  "free-space": "free space",
}

function renderLosses(unreadable: RepairReport["unreadable"]): string[] {
  if (unreadable.length === 0) return []
  const listed = unreadable.slice(0, LISTED_EXTENTS).map((extent) => hexRange(extent))
  const more = unreadable.length - listed.length
  const places = unreadable.length === 1 ? "1 place" : `${unreadable.length} places`
  return [
    `LOST: ${formatSizeExactly(totalLength(unreadable))} in ${places} could not be read`,
    ...indent(more > 0 ? [...listed, `and ${more} more`] : listed),
  ]
}

function renderDryRun({ plan }: RepairReport): string[] {
  const rows = plan.runs.map(({ kind, start, length, from, stored }) => [
    hex(start),
    hex(start + length),
    formatSize(length),
    kind,
    from === undefined ? "" : `stored ${stored} at ${hex(from)}`,
  ])
  return [
    `dry run, nothing was written: ${renderPlanBriefly(plan)}`,
    "",
    ...indent(table(["FROM", "TO", "LENGTH", "KIND", "WHERE"], rows)),
  ]
}

const asNext = (step: string): string => `next: ${step}`
