/** The step from keys to a plan: how each part of the volume is stored, with the findings that led to it. */
import { UsageError } from "../errors.ts"
import { type Extent, endOf, extent, hexRange } from "../extents/extent.ts"
import type { Finding } from "../findings.ts"
import type { VolumeKeys } from "../fve/index.ts"
import type { SectorCipher } from "../crypto/sector-cipher.ts"
import {
  type VolumePlan,
  isStoredEncrypted,
  planVolume,
  storedAt,
  surveyConversion,
} from "../volume/index.ts"
import { fullSizeOf } from "./describe-volume.ts"
import type { OpenVolume, VolumeMetadata } from "./open-volume.ts"
import type { PlanReport } from "./reports.ts"
import type { JobContext } from "./requests.ts"

export interface PlanStep {
  readonly plan: VolumePlan
  readonly cipher?: SectorCipher
  readonly findings: readonly Finding[]
}

/** @param fullSize whether a cut volume is planned in its own size, its missing tail as unreadable */
export async function makePlan(
  volume: OpenVolume,
  metadata: VolumeMetadata,
  keys: VolumeKeys | undefined,
  context: JobContext,
  fullSize: boolean,
): Promise<PlanStep> {
  const { source, place } = volume
  const { facts, sectorSize } = metadata
  const cipher = keys && context.crypto.createSectorCipher(keys.method, keys.fvek.reveal(), sectorSize)
  const question = { source, facts, boot: place.boot, sectorSize, ...(cipher && { cipher }) }
  const evidence = await surveyConversion(question, context.signal)
  const size = (fullSize ? fullSizeOf(volume) : undefined) ?? evidence.facts.size
  const plan = planVolume({ ...evidence.facts, size })
  return { plan, ...(cipher && { cipher }), findings: evidence.findings }
}

/** @throws UsageError when the range does not lie in the volume */
export function chooseExtent(plan: VolumePlan, range: Extent | undefined): Extent {
  if (!range) return extent(0, plan.size)
  if (range.length > 0 && endOf(range) <= plan.size) return range
  throw new UsageError("range-outside-volume", `the range ${hexRange(range)} is not inside the volume`, {
    next: [`give a range within ${hexRange(extent(0, plan.size))}`],
    data: { start: range.start, length: range.length, size: plan.size },
  })
}

export function describePlan({ size, sectorSize, runs }: VolumePlan): PlanReport {
  const bytes: Record<string, number> = {}
  for (const { kind, extent } of runs) bytes[kind] = (bytes[kind] ?? 0) + extent.length
  return {
    size,
    sectorSize,
    runs: runs.map((run) => ({
      kind: run.kind,
      ...run.extent,
      ...(run.kind === "relocated" && { from: storedAt(run)!, stored: run.stored }),
    })),
    bytes,
  }
}

/** What comes out of the cipher: a wrong key makes noise of it, and of nothing else. */
export function decryptedExtents(plan: VolumePlan): Extent[] {
  return plan.runs.filter(isStoredEncrypted).map(({ extent }) => extent)
}
