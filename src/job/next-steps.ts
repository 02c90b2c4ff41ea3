/** What to do with a result, in the order in which a person does it: look at what was lost, open the output, check it. */
import { totalLength } from "../extents/extent.ts"
import type { FileSystemReport, ProofReport } from "./reports.ts"
import type { RepairRequest } from "./requests.ts"

export interface Outcome {
  readonly unreadable: readonly { readonly start: number; readonly length: number }[]
  readonly zeroSectorBytes: number
  readonly proof: ProofReport
  /** Where the map of the output stays, when another try may read what is bad in it. */
  readonly retryMap?: string | undefined
  /** Where the plan stays, when it was decided by trial. */
  readonly keptPlan?: string | undefined
}

export function nextSteps(request: RepairRequest, outcome: Outcome): string[] {
  const { unreadable, zeroSectorBytes, proof, retryMap, keptPlan } = outcome
  const steps: string[] = []
  if (proof.verdict === "noise")
    steps.push("do not use this output: check the credential and the volume with repair-bde check")
  if (unreadable.length > 0) {
    const shown = request.fill ? "the fill pattern" : "zeros"
    steps.push(
      `${totalLength(unreadable)} bytes could not be read: they are ${shown} in the output${ownersOf(proof)}`,
    )
    if (retryMap !== undefined)
      steps.push(
        `the same command with --retries 3 tries them again, and nothing else: ${retryMap} tells which they are`,
      )
  }
  if (zeroSectorBytes > 0 && !request.keepZeros) {
    steps.push(
      `${zeroSectorBytes} bytes of raw zeros were decrypted as Windows does: --keep-zeros would keep them as zeros`,
    )
  }
  if (keptPlan !== undefined)
    steps.push(
      `${keptPlan} keeps how the volume is stored: a further run to the same output does not decide it again`,
    )
  if (proof.verdict === "proven") steps.push(...openingSteps(proof.fileSystem))
  return steps
}

function ownersOf({ losses }: ProofReport): string {
  if (!losses) return ""
  const { free, used, unknown } = losses
  if (used === 0 && unknown === 0) return "; no file owned any of them"
  return free > 0 ? `; ${free} of them were owned by no file` : ""
}

function openingSteps(fileSystem: FileSystemReport | undefined): string[] {
  const cautions: string[] = []
  if (fileSystem?.hibernated)
    cautions.push(
      "Windows hibernated on this volume (fast startup does so too): mount it read-only, never otherwise",
    )
  else if (fileSystem?.dirty)
    cautions.push("the volume was not unmounted cleanly: mount it read-only until it was checked")
  return [
    ...cautions,
    "open the output read-only first; run file-system checks on a copy of it, never on the source",
  ]
}
