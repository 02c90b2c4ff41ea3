/**
 * `repair`: the plaintext of a volume, onto an image, a device or standard output. The steps are those of every job; this
 * one goes on to the end: locate → unlock → plan → decrypt → proof.
 */
import { EXIT_DONE, EXIT_DONE_WITH_LOSSES } from "../errors.ts"
import type { Extent } from "../extents/extent.ts"
import type { Finding } from "../findings.ts"
import { nameStructure } from "../filesystem/index.ts"
import { type RunResult, type WarmThreads, runPlan, warmThreadsFor } from "../pipeline/index.ts"
import { prepareOutput } from "../sink/index.ts"
import { memorySource } from "../source/index.ts"
import { createContext } from "./context.ts"
import { nextSteps } from "./next-steps.ts"
import { approveOutput, noticesOf } from "./output-step.ts"
import { chooseExtent, describePlan } from "./plan-step.ts"
import { type ResultProof, judgeBeforehand, proveResult } from "./proof-step.ts"
import { type ReachedPlan, reachPlan } from "./reach-plan.ts"
import type { ProofReport, RepairReport } from "./reports.ts"
import type { JobContext, JobShell, RepairRequest } from "./requests.ts"

export async function repairVolume(request: RepairRequest, shell: JobShell = {}): Promise<RepairReport> {
  const started = performance.now()
  const context = createContext(shell)
  let threads: WarmThreads | undefined
  const reached = await reachPlan(request, context, {
    fullSize: request.fullSize ?? false,
    // They load while a password is being stretched.
    onVolume({ size }) {
      if (!request.dryRun) threads ??= warmThreadsFor(size, request.lanes)
    },
  }).catch(async (error: unknown) => {
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
    const { result, proof, report: proven } = await write(request, reached, extent, threads, context)
    for (const finding of proof.findings) context.emit({ type: "finding", finding })
    return {
      ...base,
      volume: { ...volume, findings: [...volume.findings, ...proof.findings] },
      unreadable: result.unreadable,
      zeroSectorBytes: result.zeroSectorBytes,
      proof: proven,
      ...(result.sha256 !== undefined && { sha256: result.sha256 }),
      elapsedMs: elapsedMs(),
      dryRun: false,
      next: nextSteps(request, { ...result, proof: proven }),
      exitCode: exitCodeOf(result, proven, findings),
    }
  } finally {
    await Promise.all([reached.input.source.close(), threads?.close()])
  }
}

async function write(
  request: RepairRequest,
  reached: ReachedPlan,
  extent: Extent,
  threads: WarmThreads | undefined,
  context: JobContext,
): Promise<{ result: RunResult } & ResultProof> {
  const { volume, planned, keys } = reached
  const { emit, signal } = context
  const output = await prepareOutput({
    path: request.output,
    size: extent.length,
    existing: request.overwrite ? "overwrite" : "refuse",
    sparse: request.sparse ?? true,
    inputPath: request.input.path,
    recognise: (head) => nameStructure(memorySource(head)),
  })
  let written = false
  try {
    await approveOutput(output, request.output, context)
    for (const notice of noticesOf(output)) emit(notice)
    emit({ type: "phase", phase: "decrypt" })
    written = true
    const result = await runPlan({
      source: volume.spec,
      plan: planned.plan,
      key: keys,
      sink: output.spec,
      extent,
      keepZeros: request.keepZeros ?? false,
      // A stick is pulled when the program says that it is done; a file is the system's, as with any copy.
      sync: output.spec.kind === "device",
      hash: request.hash ? "sha256" : undefined,
      crypto: context.crypto,
      lanes: request.lanes,
      threads,
      signal,
      onProgress: (progress) => emit({ type: "progress", phase: "decrypt", ...progress }),
    })
    if (result.stopped !== undefined) throw result.stopped
    emit({ type: "phase", phase: "proof" })
    return { result, ...(await proveResult(reached, extent, output.spec, result.unreadable)) }
  } finally {
    await (written ? output.release() : output.abandon())
  }
}

function exitCodeOf({ unreadable }: RunResult, proof: ProofReport, findings: readonly Finding[]): number {
  const doubtful = proof.verdict === "noise" || findings.some(({ code }) => DOUBTS.has(code))
  return unreadable.length > 0 || doubtful ? EXIT_DONE_WITH_LOSSES : EXIT_DONE
}

/** Findings after which a result is not proven, however well it went: what they stand for was searched for or guessed. */
const DOUBTS: ReadonlySet<string> = new Set([
  "boot-sector-gone",
  "eow-bitmap-lost",
  "eow-info-lost",
  "eow-records-lost",
  "geometry-searched",
  "metadata-doubtful",
  "metadata-hash-lost",
  "metadata-hash-wrong",
  "metadata-outdated",
  "storage-decided-by-trial",
  "storage-undecidable",
])
