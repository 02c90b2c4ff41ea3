/** The way that reading a volume always takes, up to its plan: locate → unlock → plan, each step told as it is done. */
import type { Finding } from "../findings.ts"
import type { VolumeKeys } from "../fve/index.ts"
import { describeVolume } from "./describe-volume.ts"
import { type OpenInput, choosePlace, openInput } from "./open-input.ts"
import { type OpenVolume, openVolume } from "./open-volume.ts"
import { type PlanStep, describePlan, makePlan } from "./plan-step.ts"
import type { OpenedBy, VolumeReport } from "./reports.ts"
import type { CheckRequest, JobContext } from "./requests.ts"
import { nothingOpened, requireMetadata, unlock } from "./unlock.ts"

export interface ReachedPlan {
  /** The caller closes its source. */
  readonly input: OpenInput
  readonly volume: OpenVolume
  readonly report: VolumeReport
  /** Absent when nothing on the volume is encrypted. */
  readonly keys?: VolumeKeys
  readonly openedBy: OpenedBy
  readonly planned: PlanStep
  /** Of unlocking and planning; the report has them too. */
  readonly findings: readonly Finding[]
}

/** @throws SourceError, NotFveError, MetadataError, CredentialError */
export async function reachPlan(
  request: CheckRequest,
  context: JobContext,
  fullSize: boolean,
): Promise<ReachedPlan> {
  const { emit, signal } = context
  emit({ type: "phase", phase: "locate" })
  const input = await openInput(request.input, signal)
  try {
    const { place, index } = choosePlace(input.places, request.input.volume)
    const volume = await openVolume(input, place, index, signal)
    const report = await describeVolume(volume, signal)
    emit({ type: "volume", volume: report })

    const metadata = requireMetadata(volume)
    emit({ type: "phase", phase: "unlock" })
    const { keys, openedBy, tries, findings: ofUnlock } = await unlock(metadata, request.credentials, context)
    if (!openedBy) throw nothingOpened(tries, request.credentials.length)
    emit({ type: "opened", openedBy })

    emit({ type: "phase", phase: "plan" })
    const planned = await makePlan(volume, metadata, keys, context, fullSize)
    emit({ type: "plan", plan: describePlan(planned.plan) })
    const findings = [...ofUnlock, ...planned.findings]
    for (const finding of findings) emit({ type: "finding", finding })
    const seen = { ...report, findings: [...report.findings, ...findings] }
    return { input, volume, report: seen, ...(keys && { keys }), openedBy, planned, findings }
  } catch (error) {
    await input.source.close()
    throw error
  }
}
