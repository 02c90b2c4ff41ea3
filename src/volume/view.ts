/**
 * The plain view: a volume's plaintext as a `ByteSource`, for everything that reads a little at a time (proof, file
 * systems, serving). Bulk work goes through the lanes of `pipeline/`, which execute the same plan.
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
import { type Run, type VolumePlan, isStoredEncrypted, planRead, storedAt } from "./volume-plan.ts"

/** @param cipher needed when the plan has a method. Closing the view leaves the source open: it belongs to the opener. */
export function plainView(source: ByteSource, plan: VolumePlan, cipher?: SectorCipher): ByteSource {
  const read = async (at: number, into: Uint8Array, signal?: AbortSignal): Promise<readonly Extent[]> => {
    const asked = extent(at, into.length)
    const start = alignDown(at, plan.sectorSize)
    const sectors = extentBetween(start, Math.min(plan.size, alignUp(endOf(asked), plan.sectorSize)))
    const bytes = new Uint8Array(sectors.length)
    const unreadable: Extent[] = []
    for (const run of planRead(plan, sectors)) {
      const part = bytes.subarray(run.extent.start - start, endOf(run.extent) - start)
      unreadable.push(...(await readRun(source, run, part, plan.sectorSize, cipher, signal)))
    }
    for (const { at: where, bytes: shown } of plan.substitutions) {
      const cut = intersect(extent(where, shown.length), sectors)
      if (cut.length > 0) bytes.set(shown.subarray(cut.start - where, endOf(cut) - where), cut.start - start)
    }
    into.set(bytes.subarray(at - start, at - start + into.length))
    return mergeExtents(unreadable.map((e) => intersect(e, asked)))
  }
  return { size: plan.size, sectorSize: plan.sectorSize, read, close: async () => {} }
}

/** Fills `part` with the plaintext of the run; what cannot be read stays zero and is returned in positions of the volume. */
async function readRun(
  source: ByteSource,
  run: Run,
  part: Uint8Array,
  sectorSize: number,
  cipher: SectorCipher | undefined,
  signal: AbortSignal | undefined,
): Promise<readonly Extent[]> {
  if (run.kind === "unreadable") return [run.extent]
  const from = storedAt(run)
  if (from === undefined) return []
  const holes = await source.read(from, part, signal)
  const lost = holes.map((e) => extent(e.start - from + run.extent.start, e.length))
  if (!isStoredEncrypted(run)) return lost
  if (!cipher) throw new TypeError("a plan with encrypted runs needs a cipher")
  const usable = alignDown(part.length, sectorSize)
  cipher.decrypt(part.subarray(0, usable), from)
  // A sector with a hole decrypts to noise as a whole, and half a sector at the end of a cut image decrypts to nothing.
  const spoiled = lost.map((e) => wholeSectors(e, run.extent, sectorSize))
  if (usable < part.length) spoiled.push(extentBetween(run.extent.start + usable, endOf(run.extent)))
  for (const e of spoiled) part.fill(0, e.start - run.extent.start, endOf(e) - run.extent.start)
  return spoiled
}

function wholeSectors(hole: Extent, within: Extent, sectorSize: number): Extent {
  return intersect(extentBetween(alignDown(hole.start, sectorSize), alignUp(endOf(hole), sectorSize)), within)
}
