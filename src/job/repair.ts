/**
 * `repair`: the plaintext of a volume, onto an image, a device or standard output. The steps are those of every job; this
 * one goes on to the end: locate → unlock → plan → decrypt → proof.
 */
import { EXIT_DONE, EXIT_DONE_WITH_LOSSES } from "../errors.ts"
import { totalLength } from "../extents/extent.ts"
import type { Finding } from "../findings.ts"
import { type RunResult, warmThreadsFor } from "../pipeline/index.ts"
import { createContext } from "./context.ts"
import { nextSteps } from "./next-steps.ts"
import { chooseExtent, describePlan } from "./plan-step.ts"
import { openPlanStore } from "./plan-store.ts"
import { judgeBeforehand } from "./proof-step.ts"
import { reachPlan } from "./reach-plan.ts"
import type { PlanReport, ProofReport, RepairReport } from "./reports.ts"
import type { JobShell, RepairRequest } from "./requests.ts"
import { writeOutput } from "./write-step.ts"

export async function repairVolume(request: RepairRequest, shell: JobShell = {}): Promise<RepairReport> {
  const started = performance.now()
  const context = createContext(shell)
  // They load while the volume is being found and a password stretched.
  const threads = request.dryRun ? undefined : warmThreadsFor(request.lanes)
  const plans = openPlanStore(request.output, context)
  const readTimeoutMs = request.reading?.readTimeoutMs
  const options = { fullSize: request.fullSize ?? false, plans, readTimeoutMs }
  const reached = await reachPlan(request, context, options).catch(async (error: unknown) => {
    await threads?.close()
    throw error
  })
  try {
    const { openedBy, planned, report: volume, findings } = reached
    const extent = chooseExtent(planned.plan, request.range)
    const base = {
      source: reached.input.report,
      volume,
      openedBy,
      output: request.output,
      start: extent.start,
      size: extent.length,
      plan: describePlan(planned.plan),
    }
    const elapsedMs = (): number => Math.round(performance.now() - started)
    await judgeBeforehand(reached, request)
    if (request.dryRun) {
      const next = ["run the same command without --dry-run"]
      const nothing = { unreadable: [], zeroSectorBytes: 0, dryRun: true, exitCode: EXIT_DONE }
      return { ...base, ...nothing, elapsedMs: elapsedMs(), next }
    }
    const written = await writeOutput(request, reached, { extent, plans, threads }, context)
    const { result, proof, report: proven, map, keptPlan } = written
    for (const finding of proof.findings) context.emit({ type: "finding", finding })
    return {
      ...base,
      volume: { ...volume, findings: [...volume.findings, ...proof.findings] },
      unreadable: result.unreadable,
      zeroSectorBytes: result.zeroSectorBytes,
      proof: proven,
      ...(result.sha256 !== undefined && { sha256: result.sha256 }),
      ...(map !== undefined && { map }),
      elapsedMs: elapsedMs(),
      dryRun: false,
      next: nextSteps(request, {
        ...result,
        proof: proven,
        retryMap: retryMapOf(request, base.plan, result, map),
        keptPlan,
      }),
      exitCode: exitCodeOf(result, proven, [...findings, ...proof.findings]),
    }
  } finally {
    await Promise.all([reached.input.source.close(), threads?.close()])
  }
}

/** What an image never held is read by no retry. */
function retryMapOf(
  { input }: RepairRequest,
  plan: PlanReport,
  { unreadable }: RunResult,
  map: string | undefined,
): string | undefined {
  const byPlan = plan.bytes.unreadable ?? 0
  return input.map === undefined && totalLength(unreadable) > byPlan ? map : undefined
}

function exitCodeOf({ unreadable }: RunResult, proof: ProofReport, findings: readonly Finding[]): number {
  const doubtful = proof.verdict === "noise" || findings.some(({ code }) => DOUBTS.has(code))
  return unreadable.length > 0 || doubtful ? EXIT_DONE_WITH_LOSSES : EXIT_DONE
}

/** Findings after which a result is not proven, however well it went: what they stand for was searched for, guessed, or is noise. */
const DOUBTS: ReadonlySet<string> = new Set([
  "boot-sector-contradicted",
  "boot-sector-lost",
  "boot-sector-synthesised",
  "eow-bitmap-lost",
  "eow-info-lost",
  "eow-records-lost",
  "geometry-searched",
  "metadata-doubtful",
  "metadata-hash-lost",
  "metadata-hash-wrong",
  "metadata-outdated",
  "plaintext-has-noise",
  "storage-decided-by-trial",
  "storage-undecidable",
  "volume-end-guessed",
])
