/**
 * The step from a plan to an output: refuse what must not be overwritten, go on where an earlier run stopped, decrypt, prove.
 * The output is this run's alone until it is over.
 */
import type { Extent } from "../extents/extent.ts"
import { nameStructure } from "../filesystem/index.ts"
import { startOf } from "../locate/index.ts"
import { type RunResult, type WarmThreads, runPlan } from "../pipeline/index.ts"
import { type PreparedOutput, prepareOutput } from "../sink/index.ts"
import { memorySource } from "../source/index.ts"
import { approveOutput, noticesOf } from "./output-step.ts"
import { type ResultProof, proveResult } from "./proof-step.ts"
import type { PlanStore } from "./plan-store.ts"
import type { ReachedPlan } from "./reach-plan.ts"
import { readingOf } from "./reading-step.ts"
import type { JobContext, RepairRequest } from "./requests.ts"
import { type ResumePlan, type RunMap, openRunMap, planResume } from "./resume.ts"
import { NO_FILL, type RunIdentity, identityOf } from "./resume-identity.ts"
import { tellStop } from "./tell-stop.ts"

export interface Written extends ResultProof {
  readonly result: RunResult
  /** The map's path, when it stays. */
  readonly map?: string | undefined
  /** Path of the plan file, when the plan is one that is kept. */
  readonly keptPlan?: string | undefined
}

export interface OutputTools {
  /** The part of the volume that is written. */
  readonly extent: Extent
  readonly plans: PlanStore
  readonly threads: WarmThreads | undefined
}

/** A run to be: what it writes, and where to. */
interface Task extends OutputTools {
  readonly request: RepairRequest
  readonly reached: ReachedPlan
  readonly identity: RunIdentity
}

/** @throws SinkError, SourceError, UsageError, AbortError; what was written stays */
export async function writeOutput(
  request: RepairRequest,
  reached: ReachedPlan,
  tools: OutputTools,
  context: JobContext,
): Promise<Written> {
  const { volume, planned, metadata, keys } = reached
  const { extent, plans } = tools
  const { fill, keepZeros = false } = request
  const { volumeId } = metadata.facts
  const identity = identityOf(
    { volumeId, plan: planned.plan, extent, fvek: keys?.fvek, fill, keepZeros },
    context.crypto,
  )
  const task: Task = { ...tools, request, reached, identity }
  const resume = await planResume(request, identity)
  const output = await prepare(task, resume)
  let isWritten = false
  try {
    if (!resume.left) await approveOutput(output, request.output, context)
    for (const notice of noticesOf(output)) context.emit(notice)
    const runMap = await openMap(task, resume, output, context)
    const isKept = output.spec.kind === "image" && (await plans.save(volume, metadata, planned))
    context.emit({ type: "phase", phase: "decrypt" })
    isWritten = true
    const result = await run(task, output, runMap, context)
    if (result.stopped !== undefined) {
      throw tellStop(request, result, extent.length, await runMap.close(result), context)
    }
    context.emit({ type: "phase", phase: "proof" })
    const proven = await proveResult(reached, extent, output.spec, result.unreadable).catch(
      async (error: unknown) => {
        await runMap.close()
        throw error
      },
    )
    const keptPlan = isKept ? plans.path : undefined
    // Last of all: a run that is killed while it proves its output is gone on with by its map.
    return { result, keptPlan, ...proven, map: await runMap.close(result) }
  } finally {
    await (isWritten ? output.release() : output.abandon())
  }
}

function prepare({ request, extent, identity }: Task, { existing }: ResumePlan): Promise<PreparedOutput> {
  return prepareOutput({
    path: request.output,
    size: extent.length,
    existing,
    sparse: request.sparse ?? true,
    rewrites: identity.fill !== NO_FILL,
    inputPath: request.input.path,
    recognise: (head) => nameStructure(memorySource(head)),
  })
}

function openMap(
  { request, reached, extent, identity }: Task,
  plan: ResumePlan,
  output: PreparedOutput,
  context: JobContext,
): Promise<RunMap> {
  const { input, volume, planned } = reached
  const origin = {
    plan: planned.plan,
    start: extent.start,
    volumeStart: startOf(volume.place),
    inputSize: input.source.size,
  }
  const stored = { ...planned, source: volume.source, keepZeros: request.keepZeros ?? false }
  return openRunMap({ request, identity, plan, origin, volume: stored }, output, context)
}

async function run(
  { request, reached, extent, threads }: Task,
  { spec }: PreparedOutput,
  { left, checkpoint }: RunMap,
  context: JobContext,
): Promise<RunResult> {
  const { crypto, emit, signal } = context
  return runPlan({
    source: reached.volume.spec,
    plan: reached.planned.plan,
    key: reached.keys,
    sink: spec,
    extent,
    keepZeros: request.keepZeros ?? false,
    map: left?.map,
    zeroSectorBytes: left?.zeroSectorBytes,
    checkpoint,
    reading: await readingOf(request, reached, extent, context),
    // A stick is pulled when the program says that it is done; a file is the system's, as with any copy.
    sync: spec.kind === "device",
    hash: request.hash ? "sha256" : undefined,
    crypto,
    lanes: request.lanes,
    threads,
    signal,
    onProgress: (progress) => emit({ type: "progress", phase: "decrypt", ...progress }),
  })
}
