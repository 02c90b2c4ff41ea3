/**
 * The plain view: a volume's plaintext as a `ByteSource`, for everything that reads a little at a time (proof, file
 * systems, serving). Bulk work goes through the lanes of `pipeline/`, which execute the same plan by the same function.
 */
import {
  type Extent,
  alignDown,
  alignUp,
  endOf,
  extent,
  extentBetween,
  intersect,
  mergeExtents,
} from "../extents/extent.ts"
import type { SectorCipher } from "../crypto/sector-cipher.ts"
import type { ByteSource } from "../source/byte-source.ts"
import { heldExtents } from "../source/held-extents.ts"
import { readPlainSectors } from "./plain-sectors.ts"
import { type VolumePlan, storedAt } from "./volume-plan.ts"

export interface ViewOptions {
  /** Sectors of raw zeros stay zeros, instead of the noise that they decrypt to; they do not when absent. */
  readonly keepZeros?: boolean
}

/** @param cipher needed when the plan has a method. Closing the view leaves the source open: it belongs to the opener. */
export function plainView(
  source: ByteSource,
  plan: VolumePlan,
  cipher?: SectorCipher,
  { keepZeros = false }: ViewOptions = {},
): ByteSource {
  const volume = { source, plan, cipher, keepZeros }
  const read = async (at: number, into: Uint8Array, signal?: AbortSignal): Promise<readonly Extent[]> => {
    const asked = extent(at, into.length)
    const start = alignDown(at, plan.sectorSize)
    const sectors = extentBetween(start, Math.min(plan.size, alignUp(endOf(asked), plan.sectorSize)))
    const bytes = new Uint8Array(sectors.length)
    const { failed, lost } = await readPlainSectors(volume, start, bytes, { signal })
    into.set(bytes.subarray(at - start, at - start + into.length))
    return mergeExtents([...failed, ...lost].map((e) => intersect(e, asked)))
  }
  const held = heldBy(source, plan)
  return {
    size: plan.size,
    sectorSize: plan.sectorSize,
    ...(held && { held }),
    read,
    close: async () => {},
  }
}

/** What the plan has a place for, and the source that place. Absent: everything. */
function heldBy(source: ByteSource, { runs }: VolumePlan): Extent[] | undefined {
  if (!source.held && !runs.some(({ kind }) => kind === "unreadable")) return undefined
  const parts = runs.flatMap((run) => {
    const from = storedAt(run)
    if (from === undefined) return run.kind === "zeroed" ? [run.extent] : []
    const stored = heldExtents(source, extent(from, run.extent.length))
    return stored.map((e) => extent(e.start - from + run.extent.start, e.length))
  })
  return mergeExtents(parts)
}
