/**
 * The step that tells where a volume starts, when what was found of it allows several places: its keys open anywhere, but the
 * tweak of every sector counts from the start, so that only with the right one its sectors make a file system.
 */
import { MetadataError } from "../errors.ts"
import { hex } from "../extents/extent.ts"
import type { Finding } from "../findings.ts"
import { startOf } from "../locate/index.ts"
import { proveVolume } from "../proof/index.ts"
import { plainView } from "../volume/index.ts"
import { decryptedExtents } from "./plan-step.ts"
import type { PlannedVolume, UnlockedVolume } from "./reach-plan.ts"

/**
 * @param unlockAt the same volume at another start
 * @throws MetadataError when it can be planned nowhere
 */
export async function planWhereItStarts(
  likeliest: UnlockedVolume,
  plan: (candidate: UnlockedVolume) => Promise<PlannedVolume>,
  unlockAt: (start: number) => Promise<UnlockedVolume | undefined>,
): Promise<PlannedVolume> {
  const { otherStarts } = likeliest.found.place
  if (otherStarts.length === 0) return plan(likeliest)
  const first = await unlessHopeless(plan(likeliest))
  if (!(first instanceof MetadataError) && (await isProven(first))) return first
  for (const start of otherStarts) {
    const moved = await unlessHopeless(unlockAt(start))
    if (!moved || moved instanceof MetadataError) continue
    const planned = await unlessHopeless(plan(moved))
    if (planned instanceof MetadataError || !(await isProven(planned))) continue
    return { ...planned, findings: [startMoved(likeliest, planned), ...planned.findings] }
  }
  if (first instanceof MetadataError) throw first
  return first
}

/** With a wrong start there may be nothing to read, or nothing to plan. */
function unlessHopeless<T>(step: Promise<T>): Promise<T | MetadataError> {
  return step.catch((error: unknown) => {
    if (error instanceof MetadataError) return error
    throw error
  })
}

async function isProven({ volume, planned: { plan, cipher } }: PlannedVolume): Promise<boolean> {
  const view = plainView(volume.source, plan, cipher)
  return (await proveVolume(view, { decrypted: decryptedExtents(plan) })).verdict === "proven"
}

function startMoved({ found }: UnlockedVolume, { volume }: PlannedVolume): Finding {
  const [before, now] = [found.place, volume.place].map((place) => hex(startOf(place)))
  return {
    code: "volume-start-moved",
    severity: "notice",
    text: `the volume starts at ${now}: there its sectors make a file system, and at ${before}, which is likelier by what was found, they do not`,
  }
}
