/** The way that reading a volume always takes, up to its plan: locate → unlock → plan, each step told as it is done. */
import { MetadataError } from "../errors.ts"
import type { Finding } from "../findings.ts"
import type { VolumeKeys } from "../fve/index.ts"
import { describeVolume } from "./describe-volume.ts"
import { bringKeys } from "./bring-keys.ts"
import { settleGeometry } from "./geometry-step.ts"
import { candidateVolumes } from "./candidate-volumes.ts"
import { loadKeyPackages } from "./load-key-packages.ts"
import { type OpenInput, openInput } from "./open-input.ts"
import { backupsOf } from "./open-key-backup.ts"
import type { OpenVolume, VolumeMetadata } from "./open-volume.ts"
import { type PlanStep, describePlan, makePlan } from "./plan-step.ts"
import type { OpenedBy, TryReport, VolumeReport } from "./reports.ts"
import type { CheckRequest, CredentialInput, JobContext } from "./requests.ts"
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

export interface ReachOptions {
  /** A cut volume is planned in its own size, its missing tail as unreadable. */
  readonly fullSize?: boolean
  /** The volume was found; what takes time is about to begin. */
  readonly onVolume?: (volume: VolumeReport) => void
}

/** @throws SourceError, NotFveError, MetadataError, CredentialError */
export async function reachPlan(
  request: CheckRequest,
  context: JobContext,
  { fullSize = false, onVolume }: ReachOptions = {},
): Promise<ReachedPlan> {
  const { emit } = context
  emit({ type: "phase", phase: "locate" })
  const keyPackages = await loadKeyPackages(request.keyPackages ?? [])
  const input = await openInput(request.input, context, {
    scan: true,
    hasKeys: keyPackages.length > 0 || request.places !== undefined,
    backups: backupsOf(keyPackages),
  })
  try {
    const { found, report, unlocked, openedBy, credentials } = await unlockOne(
      input,
      { ...request, keyPackages },
      context,
      onVolume,
    )
    emit({ type: "opened", openedBy })

    emit({ type: "phase", phase: "plan" })
    const { keys } = unlocked
    const {
      volume,
      metadata,
      findings: ofGeometry,
    } = keys
      ? await settleGeometry(input, found, unlocked.metadata, keys, context)
      : { volume: found, metadata: requireMetadata(found), findings: [] }
    const planned = await makePlan(volume, metadata, keys, context, fullSize)
    emit({ type: "plan", plan: describePlan(planned.plan) })
    const findings = [...unlocked.findings, ...ofGeometry, ...planned.findings]
    for (const finding of findings) emit({ type: "finding", finding })
    const seen = { ...report, findings: [...report.findings, ...findings] }
    const opened = { openedBy, credentials, ...(keys && { keys }) }
    return { input, volume, metadata, report: seen, ...opened, planned, findings }
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
  onVolume?: ReachOptions["onVolume"],
): Promise<UnlockedVolume> {
  const request = await bringKeys(given, input, context)
  const tries: TryReport[] = []
  let hopeless: unknown
  for await (const found of candidateVolumes(input, request, context)) {
    const report = await describeVolume(found, context.signal)
    context.emit({ type: "volume", volume: report })
    onVolume?.(report)
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

type AnyUnlockStep = Omit<UnlockStep, "metadata"> & Partial<Pick<UnlockStep, "metadata">>

async function unlockAny(
  volume: OpenVolume,
  { credentials }: CheckRequest,
  context: JobContext,
): Promise<AnyUnlockStep> {
  context.emit({ type: "phase", phase: "unlock" })
  if (volume.metadata) return unlock(volume.metadata, credentials, context)
  const { protectors, fveks } = volume.reconciled.material
  if (protectors.length === 0 || fveks.length === 0) requireMetadata(volume)
  return unlockByKeysAlone(volume, credentials, context)
}
