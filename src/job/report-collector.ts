/**
 * The report of a repair, gathered from what its job tells: the events while it runs, and the result or the error at its end.
 * A run that ends early has a report too; it holds what was known by then.
 */
import { formatSize } from "../bytes/format-size.ts"
import { type AppError, EXIT_BUG } from "../errors.ts"
import { extent } from "../extents/extent.ts"
import { nameOf } from "../filesystem/index.ts"
import type { Finding } from "../findings.ts"
import {
  type Decision,
  type Outcome,
  PAGE_START,
  type ReportDocument,
  type ReportedOutput,
  type ToolIdentity,
  guidesFor,
  rangesOf,
  renderPage,
  totalsOf,
} from "../report/index.ts"
import type { JobEvent } from "./events.ts"
import type { OpenedBy, ProofReport, RepairReport, VolumeReport } from "./reports.ts"

export type { ReportDocument, ToolIdentity }

export interface ReportCollector {
  event(event: JobEvent): void
  /** @returns the report of a run that came to its end */
  result(report: RepairReport): ReportDocument
  /** @param error absent for a bug of ours @returns the report of a run that ended early */
  failure(error: AppError | undefined): ReportDocument
}

export interface CollectorOptions {
  readonly tool: ToolIdentity
  /** Milliseconds since 1970. */
  readonly now: () => number
}

export function collectReport({ tool, now }: CollectorOptions): ReportCollector {
  const started = now()
  const phases: { phase: string; elapsedMs: number }[] = []
  const notices: { code: string; text: string }[] = []
  const findings: Finding[] = []
  let volume: VolumeReport | undefined
  let openedBy: OpenedBy | undefined
  let phaseStarted = started

  function endPhase(): void {
    const last = phases.at(-1)
    if (last) last.elapsedMs = now() - phaseStarted
    phaseStarted = now()
  }

  const common = () => {
    endPhase()
    const finished = now()
    return {
      format: "repair-bde report",
      version: 1,
      tool,
      started: new Date(started).toISOString(),
      finished: new Date(finished).toISOString(),
      elapsedMs: finished - started,
      notices,
      phases,
    } as const
  }

  return {
    event(event) {
      if (event.type === "phase") {
        endPhase()
        phases.push({ phase: event.phase, elapsedMs: 0 })
      } else if (event.type === "volume") volume = event.volume
      else if (event.type === "opened") openedBy = event.openedBy
      else if (event.type === "finding") findings.push(event.finding)
      else if (event.type === "notice") notices.push({ code: event.code, text: event.text })
    },
    result: (report) => ({ ...common(), ...describeResult(report) }),
    failure: (error) => ({ ...common(), ...describeFailure(error, { volume, openedBy, findings }) }),
  }
}

type Described = Omit<
  ReportDocument,
  "format" | "version" | "tool" | "started" | "finished" | "elapsedMs" | "notices" | "phases"
>

function describeResult(report: RepairReport): Described {
  const { source, openedBy, proof, next, exitCode, plan, unreadable, dryRun } = report
  const { findings, ...volume } = report.volume
  const output = describeOutput(report)
  const ranges = rangesOf(plan.runs, extent(report.start, report.size), unreadable)
  const totals = totalsOf(ranges)
  const outcome = outcomeOf(report, totals.lost)
  return {
    outcome,
    headline: HEADLINES[outcome],
    summary: proof ? summaryOf(proof, outcome, totals.lost) : "The plan was made, and nothing was written.",
    exitCode,
    source,
    volume,
    openedBy,
    output,
    ranges,
    totals,
    ...(proof && { proof }),
    findings,
    decisions: decisionsOf(report.volume, openedBy),
    next,
    guides: dryRun || outcome === "noise" ? [] : guidesFor(output, proof?.fileSystem),
  }
}

const HEADLINES: Readonly<Record<Outcome, string>> = {
  recovered: "Your data was recovered.",
  "recovered-with-losses": "Your data was recovered, but not all of it.",
  "not-proven": "Everything was decrypted, but not everything is proven.",
  noise: "What came out is not your data.",
  "dry-run": "Nothing was written: this was a dry run.",
  "ended-early": "The repair ended early.",
}

/** What it is, what is missing, and whether the rest is right. */
function summaryOf(
  { sentence, fileSystem, regions, losses }: ProofReport,
  outcome: Outcome,
  lost: number,
): string {
  if (outcome === "noise" || !fileSystem) return `${capitalised(sentence)}.`
  const name = fileSystem.label === undefined ? "" : ` named “${fileSystem.label}”`
  const what = `${capitalised(nameOf(fileSystem.type))}${name}.`
  const isUnowned = losses && losses.used === 0 && losses.unknown === 0
  const owners = isUnowned ? ", and no file owned any of it" : ""
  const missing = lost > 0 ? [`${formatSize(lost)} of it could not be read${owners}.`] : []
  const judged = regions.filter(({ verdict }) => verdict !== "unproven")
  const isFlawless = judged.every(({ verdict }) => verdict === "proven")
  const rest =
    judged.length === 0
      ? []
      : isFlawless
        ? ["Every structure in it that was looked at is right."]
        : ["Not every structure in it that was looked at is right."]
  return [what, ...missing, ...rest].join(" ")
}

function outcomeOf({ dryRun, proof, exitCode }: RepairReport, lost: number): Outcome {
  if (dryRun) return "dry-run"
  if (proof?.verdict === "noise") return "noise"
  if (lost > 0) return "recovered-with-losses"
  return exitCode === 0 && proof?.verdict === "proven" ? "recovered" : "not-proven"
}

function describeOutput({ output, start, size, sha256, zeroSectorBytes }: RepairReport): ReportedOutput {
  const isDevice = /^(\/dev\/|\\\\[.?]\\|[a-z]:$)/i.test(output)
  const kind = output === "-" ? "stream" : isDevice ? "device" : "image"
  return { path: output, kind, start, size, ...(sha256 !== undefined && { sha256 }), zeroSectorBytes }
}

interface Known {
  readonly volume: VolumeReport | undefined
  readonly openedBy: OpenedBy | undefined
  readonly findings: readonly Finding[]
}

function describeFailure(error: AppError | undefined, { volume, openedBy, findings }: Known): Described {
  const message = error ? error.message : "a bug in repair-bde ended it"
  const exitCode = error ? error.exitCode : EXIT_BUG
  return {
    outcome: "ended-early",
    headline: HEADLINES["ended-early"],
    summary: `${capitalised(message)}.`,
    exitCode,
    ...(error && {
      error: { code: error.code, message, next: error.next, exitCode, data: error.data },
    }),
    ...(volume && { volume: withoutFindings(volume) }),
    ...(openedBy && { openedBy }),
    ranges: [],
    totals: totalsOf([]),
    findings: [...(volume?.findings ?? []), ...findings],
    decisions: volume ? decisionsOf(volume, openedBy) : [],
    next: error ? error.next : [],
    guides: [],
  }
}

function withoutFindings({ findings: _shownApart, ...volume }: VolumeReport): Omit<VolumeReport, "findings"> {
  return volume
}

function decisionsOf({ metadataCopies, findings }: VolumeReport, openedBy: OpenedBy | undefined): Decision[] {
  const copies = metadataCopies
    .filter(({ chosen }) => chosen)
    .map(({ copy, reason }) => ({ about: "metadata", choice: `copy ${copy}`, reason }))
  const key = openedBy && {
    about: "key",
    choice: openedBy.credential,
    reason: openedBy.protectorLabel
      ? `it opens the key protector “${openedBy.protectorLabel}”`
      : "it was given, and needs no key protector",
  }
  const readings = findings
    .filter(({ code }) => CHOICES.has(code))
    .map(({ code, text }) => ({ about: "reading of the volume", choice: code, reason: text }))
  return [...copies, ...(key ? [key] : []), ...readings]
}

/** Findings that tell of a choice and not of a fact. */
const CHOICES: ReadonlySet<string> = new Set([
  "boot-sector-restored",
  "boot-sector-synthesised",
  "geometry-searched",
  "metadata-combined",
  "metadata-contested",
  "method-from-fvek",
  "storage-decided-by-trial",
  "storage-undecidable",
  "watermark-found",
])

function capitalised(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}

export type ReportFormat = "html" | "json"

/** The text of a report file. */
export function reportText(document: ReportDocument, format: ReportFormat): string {
  return format === "html" ? renderPage(document) : `${JSON.stringify(document, undefined, 2)}\n`
}

/** Whether a file that begins so is a report, which another one may replace. */
export function isReport(start: string): boolean {
  return start.startsWith(PAGE_START) || /^\{\s*"format": "repair-bde report"/.test(start)
}
