/** `check`: do these credentials open the volume, and if not, why? Writes nothing. */
import { proveVolume } from "../proof/index.ts"
import { plainView } from "../volume/index.ts"
import { bringKeys } from "./bring-keys.ts"
import { createContext } from "./context.ts"
import { describeCopies, describeVolume } from "./describe-volume.ts"
import { findElsewhere } from "./fits-elsewhere.ts"
import { choosePlace, openInput } from "./open-input.ts"
import { type OpenVolume, openVolume } from "./open-volume.ts"
import { decryptedExtents, makePlan } from "./plan-step.ts"
import type { CheckReport, TryReport } from "./reports.ts"
import type { CheckRequest, JobContext, JobShell } from "./requests.ts"
import { type UnlockStep, requireMetadata, unlock } from "./unlock.ts"

/** A locked volume is an answer here: `opens` is false and every try has its reason. */
export async function checkCredentials(request: CheckRequest, shell: JobShell = {}): Promise<CheckReport> {
  const context = createContext(shell)
  context.emit({ type: "phase", phase: "locate" })
  const input = await openInput(request.input, context)
  try {
    const { place, index } = choosePlace(input.places, request.input.volume)
    const volume = await openVolume(input, place, index, context.signal)
    const report = await describeVolume(volume, context.signal)
    context.emit({ type: "volume", volume: report })
    const metadata = requireMetadata(volume)
    context.emit({ type: "phase", phase: "unlock" })
    const { credentials } = await bringKeys(request, input, context)
    const step = await unlock(volume, metadata, credentials, context)
    const proven = await confirmFvek(step, volume, context)
    for (const finding of proven.findings) context.emit({ type: "finding", finding })
    const elsewhere = proven.openedBy ? [] : await findElsewhere(input, index, credentials, context)
    return {
      source: input.report,
      volume: {
        ...report,
        ...(proven.judged && { metadataCopies: describeCopies(proven.judged) }),
        findings: [...report.findings, ...proven.findings],
      },
      opens: proven.openedBy !== undefined,
      ...(proven.openedBy && { openedBy: proven.openedBy }),
      tries: proven.tries,
      ...(elsewhere.length > 0 && { elsewhere }),
    }
  } finally {
    await input.source.close()
  }
}

/** An FVEK that was given carries no proof of its own: only plaintext that is no noise shows that it fits. */
async function confirmFvek(step: UnlockStep, volume: OpenVolume, context: JobContext): Promise<UnlockStep> {
  const { metadata } = step
  if (!step.keys || step.keys.vmk || !step.openedBy) return step
  const { plan, cipher } = await makePlan(volume, metadata, step.keys, context)
  const proof = await proveVolume(plainView(volume.source, plan, cipher), {
    decrypted: decryptedExtents(plan),
  })
  if (proof.verdict !== "noise") return step
  const credential = step.openedBy.credential
  const wrong: TryReport = {
    credential,
    outcome: "wrong-key",
    why: `does not decrypt the volume: ${proof.sentence}`,
  }
  return { metadata, tries: [...step.tries.filter((t) => t.credential !== credential), wrong], findings: [] }
}
