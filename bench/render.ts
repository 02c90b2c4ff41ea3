/** The report as tables for people. */
import type { LocateTiming } from "./locate.ts"
import type { ClinicTiming, Report, ShortTiming, Timing } from "./report.ts"
import { findTargets, type Target } from "./targets.ts"

const MIB = 1024 ** 2

export function renderReport(report: Report): string {
  const { machine, size, runs, locate } = report
  return [
    `${size / MIB} MiB, medians of ${runs}, Node ${machine.node}, ${machine.cores} cores, ${machine.processor}`,
    "Every output equalled the plaintext image. `tiny` is the same command on a volume of 32 MiB: start and unlock.",
    ...report.decryption.flatMap(({ method, timings }) => ["", ...renderTable(methodRows(method, timings))]),
    "",
    ...renderTable([
      ["short commands", "ms", "CPU ms", "peak MB", "against", "ms"],
      ...report.short.map(shortRow),
    ]),
    "",
    ...renderTable([
      ["whole disk", "MiB", "ms", "CPU ms", "peak MB", "cat, ms", "share of its speed"],
      locateRow(locate),
    ]),
    "",
    ...renderTable([["clinic", "candidates", "ms", "CPU ms", "peak MB"], clinicRow(report.clinic)]),
    "",
    ...renderTable([["target", "measured", "to reach", "verdict"], ...findTargets(report).map(targetRow)]),
  ].join("\n")
}

function methodRows(method: string, timings: readonly Timing[]): string[][] {
  const heads = [method, "ms", "with sync", "tiny", "CPU ms", "peak MB"]
  return [heads, ...timings.map(timingRow)]
}

function timingRow({ contestant, verdict, whole, synced, tiny }: Timing): string[] {
  if (!whole || !synced || !tiny) return [contestant, verdict]
  const times = [whole.wallMs, synced.wallMs, tiny.wallMs, whole.cpuMs].map((ms) => ms.toFixed(0))
  return [contestant, ...times, megabytes(whole.peakBytes)]
}

function shortRow({ what, cost, against }: ShortTiming): string[] {
  const own = [what, cost.wallMs.toFixed(0), cost.cpuMs.toFixed(0), megabytes(cost.peakBytes)]
  return against ? [...own, against.command, against.cost.wallMs.toFixed(0)] : own
}

function locateRow({ size, scan, cat, share }: LocateTiming): string[] {
  const times = [size / MIB, scan.wallMs, scan.cpuMs].map((figure) => figure.toFixed(0))
  return ["locate", ...times, megabytes(scan.peakBytes), cat.wallMs.toFixed(0), share.toFixed(2)]
}

function clinicRow({ candidateCount, cost }: ClinicTiming): string[] {
  const figures = [candidateCount, cost.wallMs, cost.cpuMs].map((figure) => figure.toFixed(0))
  return ["keys clinic", ...figures, megabytes(cost.peakBytes)]
}

function targetRow({ what, measured, bound, isReached }: Target): string[] {
  return [what, measured, bound, isReached ? "reached" : "missed"]
}

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(0)
}

/** The first column to the left, figures to the right. */
function renderTable(rows: readonly (readonly string[])[]): string[] {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)))
  return rows.map((row) =>
    row
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[0]!) : cell.padStart(widths[column]!)))
      .join("  ")
      .trimEnd(),
  )
}
