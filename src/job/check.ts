/** `check`: do these credentials open the volume, and if not, why? Writes nothing. */
import { proveVolume } from "../proof/index.ts"
import { plainView } from "../volume/index.ts"
import { bringKeys } from "./bring-keys.ts"
import { createContext } from "./context.ts"
import { describeCopies, describeVolume } from "./describe-volume.ts"
import { findElsewhere } from "./fits-elsewhere.ts"
import { keysFitVolume } from "./geometry-step.ts"
import { describeKeyPackage } from "./key-package-words.ts"
import { loadKeyPackages } from "./load-key-packages.ts"
import { type OpenInput, choosePlace, openInput } from "./open-input.ts"
import { backupsOf } from "./open-key-backup.ts"
import { type OpenVolume, openVolume } from "./open-volume.ts"
import { decryptedExtents, makePlan } from "./plan-step.ts"
import { type AnyUnlockStep, unlockAny } from "./reach-plan.ts"
import type { CheckReport, TryReport } from "./reports.ts"
import type { CheckRequest, JobContext, JobShell } from "./requests.ts"

/** A locked volume is an answer here: `opens` is false and every try has its reason. */
export async function checkCredentials(request: CheckRequest, shell: JobShell = {}): Promise<CheckReport> {
  const context = createContext(shell)
  context.emit({ type: "phase", phase: "locate" })
  const given = await loadKeyPackages(request.keyPackages ?? [])
  const input = await openInput(request.input, context, {
    hasKeys: given.length > 0,
    backups: backupsOf(given),
  })
  try {
    const { place, index } = choosePlace(input.places, request.input.volume)
    const brought = await bringKeys({ ...request, keyPackages: given }, input, context)
    const { credentials } = brought
    const packages = await loadKeyPackages(brought.keyPackages ?? [])
    for (const one of packages) context.emit({ type: "finding", finding: describeKeyPackage(one) })
    const volume = await openVolume(input, place, index, context.signal, packages)
    const report = await describeVolume(volume, context.signal)
    context.emit({ type: "volume", volume: report })
    const step = await unlockAny(volume, { credentials }, context)
    const proven = step.metadata
      ? await confirmFvek(step, volume, context)
      : await confirmKeys(step, input, volume, context)
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
async function confirmFvek(
  step: AnyUnlockStep,
  volume: OpenVolume,
  context: JobContext,
): Promise<AnyUnlockStep> {
  const { metadata, keys, openedBy } = step
  if (!metadata || !keys || keys.vmk || !openedBy) return step
  const { plan, cipher } = await makePlan(volume, metadata, keys, context)
  const proof = await proveVolume(plainView(volume.source, plan, cipher), {
    decrypted: decryptedExtents(plan),
  })
  if (proof.verdict !== "noise") return step
  const { credential } = openedBy
  const wrong: TryReport = {
    credential,
    outcome: "wrong-key",
    why: `does not decrypt the volume: ${proof.sentence}`,
  }
  return { metadata, tries: [...step.tries.filter((t) => t.credential !== credential), wrong], findings: [] }
}

/** The keys are of a key package, or of remains: only the sectors can say that they are of this volume. */
async function confirmKeys(
  step: AnyUnlockStep,
  input: OpenInput,
  volume: OpenVolume,
  context: JobContext,
): Promise<AnyUnlockStep> {
  const { keys, openedBy } = step
  if (!keys || !openedBy || (await keysFitVolume(input, volume, keys, context))) return step
  const why = "opens, but what it opens are keys that make nothing of what is stored here"
  const tries = step.tries.map((one): TryReport =>
    one.outcome === "opened" ? { ...one, outcome: "wrong-key", why } : one,
  )
  return { tries, findings: [] }
}
