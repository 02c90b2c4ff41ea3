/** The way that reading a volume always takes, up to its plan: locate → unlock → plan, each step told as it is done. */
import { MetadataError } from "../errors.ts"
import type { Finding } from "../findings.ts"
import type { VolumeKeys } from "../fve/index.ts"
import { movedTo } from "../locate/index.ts"
import { describeCopies, describeVolume } from "./describe-volume.ts"
import { bringKeys } from "./bring-keys.ts"
import { candidateVolumes } from "./candidate-volumes.ts"
import { withConversionTraces } from "./conversion-step.ts"
import { settleGeometry } from "./geometry-step.ts"
import { loadKeyPackages } from "./load-key-packages.ts"
import { type OpenInput, openInput } from "./open-input.ts"
import { backupsOf } from "./open-key-backup.ts"
import { type OpenVolume, type VolumeMetadata, openVolume } from "./open-volume.ts"
import { type PlanOptions, type PlanStep, describePlan, makePlan } from "./plan-step.ts"
import type { OpenedBy, TryReport, VolumeReport } from "./reports.ts"
import type { CheckRequest, CredentialInput, JobContext } from "./requests.ts"
import { settleSize } from "./size-step.ts"
import { planWhereItStarts } from "./start-step.ts"
import { type UnlockStep, nothingOpened, requireMetadata, unlock, unlockByKeysAlone } from "./unlock.ts"

export interface ReachedPlan {
  /** The caller closes its source. */
  readonly input: OpenInput
  readonly volume: OpenVolume
  /** As the volume was planned with it: settled, and searched for where it had to be. */
  readonly metadata: VolumeMetadata
  readonly report: VolumeReport
  /** Absent when nothing on the volume is encrypted. */
  readonly keys?: VolumeKeys
  readonly openedBy: OpenedBy
  /** All that were tried, with those that places held. */
  readonly credentials: readonly CredentialInput[]
  readonly planned: PlanStep
  /** Of unlocking and planning; the report has them too. */
  readonly findings: readonly Finding[]
}

/** It is told without the source of the input. */
export type PlannedVolume = Omit<ReachedPlan, "input">

export interface ReachOptions extends PlanOptions {
  /** A read of a device that takes longer counts as failed; a minute when absent. */
  readonly readTimeoutMs?: number | undefined
}

/** @throws SourceError, NotFveError, MetadataError, CredentialError */
export async function reachPlan(
  request: CheckRequest,
  context: JobContext,
  options: ReachOptions = {},
): Promise<ReachedPlan> {
  const { emit } = context
  emit({ type: "phase", phase: "locate" })
  const keyPackages = await loadKeyPackages(request.keyPackages ?? [])
  const input = await openInput(request.input, context, {
    scan: true,
    hasKeys: keyPackages.length > 0 || request.places !== undefined,
    backups: backupsOf(keyPackages),
    readTimeoutMs: options.readTimeoutMs,
  })
  try {
    const opened = await unlockOne(input, { ...request, keyPackages }, context)
    emit({ type: "opened", openedBy: opened.openedBy })

    emit({ type: "phase", phase: "plan" })
    const plan = (candidate: UnlockedVolume): Promise<PlannedVolume> =>
      planUnlocked(input, candidate, context, options)
    const reached = await planWhereItStarts(opened, plan, (start) => unlockAt(start, opened, input, context))
    const { report, volume, planned, findings } = reached
    emit({ type: "plan", plan: describePlan(planned.plan) })
    for (const finding of findings) emit({ type: "finding", finding })
    const { length: size } = volume.place.extent
    const seen = { ...report, size, findings: [...report.findings, ...findings] }
    return { input, ...reached, report: seen }
  } catch (error) {
    await input.source.close()
    throw error
  }
}

export interface UnlockedVolume {
  readonly found: OpenVolume
  readonly report: VolumeReport
  readonly unlocked: AnyUnlockStep
  readonly openedBy: OpenedBy
  /** All that were tried, with those that places held. */
  readonly credentials: readonly CredentialInput[]
}

/** The first volume that a credential opens. @throws MetadataError, CredentialError when none does */
export async function unlockOne(
  input: OpenInput,
  given: CheckRequest,
  context: JobContext,
): Promise<UnlockedVolume> {
  const request = await bringKeys(given, input, context)
  const tries: TryReport[] = []
  let hopeless: unknown
  for await (const found of candidateVolumes(input, request, context)) {
    const report = await describeVolume(found, context.signal)
    context.emit({ type: "volume", volume: report })
    const unlocked = await unlockAny(found, request, context).catch((error: unknown) => {
      if (!(error instanceof MetadataError)) throw error
      hopeless ??= error
      return undefined
    })
    if (unlocked?.openedBy) {
      return { found, report, unlocked, openedBy: unlocked.openedBy, credentials: request.credentials }
    }
    tries.push(...(unlocked?.tries ?? []))
  }
  if (tries.length === 0 && hopeless !== undefined) throw hopeless
  throw nothingOpened(tries, request.credentials.length)
}

/** The same volume if it starts elsewhere; `undefined` when nothing opens it there. */
async function unlockAt(
  start: number,
  { found, credentials }: UnlockedVolume,
  input: OpenInput,
  context: JobContext,
): Promise<UnlockedVolume | undefined> {
  const place = movedTo(start, found.place, input.source.size)
  const moved = await openVolume(input, place, found.index, context.signal, found.packages)
  const report = await describeVolume(moved, context.signal)
  const unlocked = await unlockAny(moved, { credentials }, context)
  const { openedBy } = unlocked
  return openedBy && { found: moved, report, unlocked, openedBy, credentials }
}

async function planUnlocked(
  input: OpenInput,
  { found, report, unlocked, openedBy, credentials }: UnlockedVolume,
  context: JobContext,
  options: PlanOptions,
): Promise<PlannedVolume> {
  const { keys } = unlocked
  const traced = await withConversionTraces(input, found, context)
  const placed = keys
    ? await settleGeometry(input, traced, unlocked.metadata, keys, context)
    : { volume: traced, metadata: requireMetadata(traced), findings: [] }
  const { metadata } = placed
  const plan = (volume: OpenVolume): Promise<PlanStep> => makePlan(volume, metadata, keys, context, options)
  const first = await plan(placed.volume)
  const { shortened, findings: ofSize } = await settleSize(input, placed.volume, first)
  const planned = shortened ? await plan(shortened) : first
  const copies = unlocked.judged && { metadataCopies: describeCopies(unlocked.judged) }
  return {
    volume: shortened ?? placed.volume,
    findings: [...unlocked.findings, ...placed.findings, ...ofSize, ...planned.findings],
    ...{ metadata, openedBy, credentials, planned },
    report: { ...report, ...copies },
    ...(keys && { keys }),
  }
}

/** Without metadata where keys from elsewhere opened the volume. */
export type AnyUnlockStep = Omit<UnlockStep, "metadata"> & Partial<Pick<UnlockStep, "metadata">>

/** @throws MetadataError where there is nothing to unlock */
export async function unlockAny(
  volume: OpenVolume,
  { credentials }: Pick<CheckRequest, "credentials">,
  context: JobContext,
): Promise<AnyUnlockStep> {
  context.emit({ type: "phase", phase: "unlock" })
  if (volume.metadata) return unlock(volume, volume.metadata, credentials, context)
  const { protectors, fveks } = volume.reconciled.material
  if (protectors.length === 0 || fveks.length === 0) requireMetadata(volume)
  return unlockByKeysAlone(volume, credentials, context)
}
