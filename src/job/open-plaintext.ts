/** The plaintext of a volume at any offset, for programs that read a little here and there. */
import type { ByteSource } from "../source/byte-source.ts"
import { plainView } from "../volume/index.ts"
import { createContext } from "./context.ts"
import { describePlan } from "./plan-step.ts"
import { reachPlan } from "./reach-plan.ts"
import type { OpenedBy, PlanReport, VolumeReport } from "./reports.ts"
import type { CheckRequest, JobShell } from "./requests.ts"

export interface OpenPlaintext {
  readonly volume: VolumeReport
  readonly openedBy: OpenedBy
  readonly plan: PlanReport
  /** Closing it closes the input. */
  readonly plaintext: ByteSource
}

/** @throws SourceError, NotFveError, MetadataError, CredentialError */
export async function openPlaintext(request: CheckRequest, shell: JobShell = {}): Promise<OpenPlaintext> {
  const { input, volume, report, openedBy, planned } = await reachPlan(request, createContext(shell))
  const view = plainView(volume.source, planned.plan, planned.cipher)
  const plaintext: ByteSource = { ...view, close: () => input.source.close() }
  return { volume: report, openedBy, plan: describePlan(planned.plan), plaintext }
}
