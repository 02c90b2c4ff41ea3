/**
 * `repair`: the plaintext of a volume, onto an image, a device or standard output. The steps are those of every job; this
 * one goes on to the end: locate → unlock → plan → decrypt → proof.
 */
import { EXIT_DONE, EXIT_DONE_WITH_LOSSES } from "../errors.ts"
import { type Extent, totalLength } from "../extents/extent.ts"
import type { Finding } from "../findings.ts"
import { nameStructure } from "../filesystem/index.ts"
import { type RunResult, type WarmThreads, runPlan, warmThreadsFor } from "../pipeline/index.ts"
import { type Proof, proveVolume } from "../proof/index.ts"
import { type PreparedOutput, prepareOutput } from "../sink/index.ts"
import { memorySource, openSource, resolveSource } from "../source/index.ts"
import { plainView } from "../volume/index.ts"
import { createContext } from "./context.ts"
import type { OpenVolume } from "./open-volume.ts"
import { approveOutput, noticesOf } from "./output-step.ts"
import { type PlanStep, chooseExtent, decryptedExtents, describePlan } from "./plan-step.ts"
import { type ReachedPlan, reachPlan } from "./reach-plan.ts"
import type { RepairReport } from "./reports.ts"
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
      size: extent.length,
      plan: describePlan(planned.plan),
    }
    const elapsedMs = (): number => Math.round(performance.now() - started)
    if (request.dryRun) {
      const next = ["run the same command without --dry-run"]
      const nothing = { unreadable: [], zeroSectorBytes: 0, dryRun: true, exitCode: EXIT_DONE }
      return { ...base, ...nothing, elapsedMs: elapsedMs(), next }
    }
    const { result, proof } = await write(request, reached, extent, threads, context)
    for (const finding of proof.findings) context.emit({ type: "finding", finding })
    return {
      ...base,
      volume: { ...volume, findings: [...volume.findings, ...proof.findings] },
      unreadable: result.unreadable,
      zeroSectorBytes: result.zeroSectorBytes,
      proof: { verdict: proof.verdict, sentence: proof.sentence },
      ...(result.sha256 !== undefined && { sha256: result.sha256 }),
      elapsedMs: elapsedMs(),
      dryRun: false,
      next: nextSteps(request, result, proof),
      exitCode: exitCodeOf(result, proof, findings),
    }
  } finally {
    await Promise.all([reached.input.source.close(), threads?.close()])
  }
}

async function write(
  request: RepairRequest,
  { volume, planned, keys }: ReachedPlan,
  extent: Extent,
  threads: WarmThreads | undefined,
  context: JobContext,
): Promise<{ result: RunResult; proof: Proof }> {
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
    return { result, proof: await prove(request, volume, planned, output) }
  } finally {
    await (written ? output.release() : output.abandon())
  }
}

/** Of what was written, where it can be read back whole; else of the same plan over the source. */
async function prove(
  request: RepairRequest,
  volume: OpenVolume,
  { plan, cipher }: PlanStep,
  { spec }: PreparedOutput,
): Promise<Proof> {
  const options = { decrypted: decryptedExtents(plan) }
  const readsBack = !request.range && (spec.kind === "image" || spec.kind === "device")
  if (!readsBack) return proveVolume(plainView(volume.source, plan, cipher), options)
  const source = await openSource(await resolveSource(spec.path))
  try {
    return await proveVolume(source, options)
  } finally {
    await source.close()
  }
}

function exitCodeOf({ unreadable }: RunResult, { verdict }: Proof, findings: readonly Finding[]): number {
  const doubtful = findings.some(({ code }) => DOUBTS.has(code))
  return unreadable.length > 0 || verdict === "noise" || doubtful ? EXIT_DONE_WITH_LOSSES : EXIT_DONE
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

function nextSteps(
  request: RepairRequest,
  { unreadable, zeroSectorBytes }: RunResult,
  { verdict }: Proof,
): string[] {
  const steps: string[] = []
  if (verdict === "noise")
    steps.push("do not use this output: check the credential and the volume with repair-bde check")
  if (unreadable.length > 0) {
    steps.push(`${totalLength(unreadable)} bytes could not be read: they are zeros in the output`)
  }
  if (zeroSectorBytes > 0 && !request.keepZeros) {
    steps.push(
      `${zeroSectorBytes} bytes of raw zeros were decrypted as Windows does: --keep-zeros would keep them as zeros`,
    )
  }
  if (verdict === "proven")
    steps.push("open the output read-only first; run file-system checks on a copy of it, never on the source")
  return steps
}
