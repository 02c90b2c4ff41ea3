/** A drive that was repaired in place, opened as if for the first time: by the path, with the same credentials. */
import { AppError } from "../errors.ts"
import { type Proof, proveVolume } from "../proof/index.ts"
import { plainView } from "../volume/index.ts"
import { describeVolume } from "./describe-volume.ts"
import { openChosenVolume } from "./candidate-volumes.ts"
import { openInput } from "./open-input.ts"
import type { OpenVolume } from "./open-volume.ts"
import type { Verification } from "./patch-report.ts"
import { decryptedExtents } from "./plan-step.ts"
import { reachPlan } from "./reach-plan.ts"
import type { VolumeReport } from "./reports.ts"
import type { CheckRequest, JobContext } from "./requests.ts"

export interface VerifiedVolume {
  readonly verification: Verification
  readonly volume: VolumeReport
}

/** What a key package had to give is on the drive now, or the repair was for nothing: it is not asked again. */
export async function verifyAfresh(request: CheckRequest, context: JobContext): Promise<VerifiedVolume> {
  const { signal } = context
  const silent: JobContext = { ...context, emit: () => {} }
  const input = await openInput(request.input, silent)
  try {
    const volume = await openChosenVolume(input, { ...request, keyPackages: [] }, silent)
    return {
      verification: await verify(volume, request, silent),
      volume: await describeVolume(volume, signal),
    }
  } finally {
    await input.source.close()
  }
}

async function verify(
  { place, copies, metadata }: OpenVolume,
  request: CheckRequest,
  context: JobContext,
): Promise<Verification> {
  const broken = copies.filter(({ health }) => health !== "intact").map(({ copy }) => copy.copy)
  if (!place.boot || !metadata)
    return { opens: false, sentence: "boot sector or metadata are still not those of BitLocker" }
  if (broken.length > 0)
    return { opens: false, sentence: `metadata copy ${broken.join(", ")} is still damaged` }
  const intact = "all metadata copies are intact"
  if (request.credentials.length === 0 && !metadata.protectors.some(({ kind }) => kind === "clear-key")) {
    return { opens: true, sentence: `${intact}; no credential was given to open it` }
  }
  const { verdict, sentence } = await proveContents({ ...request, keyPackages: [] }, context)
  return { opens: verdict !== "noise", sentence: `${intact}; ${sentence}` }
}

async function proveContents(
  request: CheckRequest,
  context: JobContext,
): Promise<Pick<Proof, "verdict" | "sentence">> {
  try {
    const { input, volume, planned } = await reachPlan(request, context)
    try {
      const { plan, cipher } = planned
      return await proveVolume(plainView(volume.source, plan, cipher), { decrypted: decryptedExtents(plan) })
    } finally {
      await input.source.close()
    }
  } catch (error) {
    // That it does not open is the answer here; that somebody stopped it is none.
    if (error instanceof AppError && !context.signal.aborted)
      return { verdict: "noise", sentence: error.message }
    throw error
  }
}
