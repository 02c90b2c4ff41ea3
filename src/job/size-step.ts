/**
 * The step that tells where a volume ends, when neither a partition table nor its metadata do: its file system knows. Without
 * it everything up to the next volume, or to the end of the input, would be taken for the volume's.
 */
import { extentBetween, hex } from "../extents/extent.ts"
import { type FileSystem, nameOf, recogniseFileSystem } from "../filesystem/index.ts"
import type { Finding } from "../findings.ts"
import { startOf } from "../locate/index.ts"
import { plainView } from "../volume/index.ts"
import { type OpenInput, sliceOf } from "./open-input.ts"
import type { OpenVolume } from "./open-volume.ts"
import type { PlanStep } from "./plan-step.ts"

export interface SizeStep {
  /** Shortened, so that it has to be planned once more. */
  readonly shortened?: OpenVolume
  readonly findings: readonly Finding[]
}

/** @param planned with the size that was guessed */
export async function settleSize(
  input: OpenInput,
  volume: OpenVolume,
  { plan, cipher }: PlanStep,
): Promise<SizeStep> {
  const { place, source } = volume
  if (!place.isEndGuessed) return { findings: [] }
  const fileSystem = await recogniseFileSystem(plainView(source, plan, cipher))
  const size = fileSystem ? sizeOf(fileSystem) : Infinity
  if (!fileSystem || size > source.size) return { findings: [endGuessed(source.size)] }
  const start = startOf(place)
  const { isEndGuessed: _, ...known } = place
  const own = { ...known, extent: extentBetween(place.extent.start, start + size) }
  return {
    shortened: { ...volume, ...sliceOf(input, own), place: own },
    findings: [endFound(fileSystem, size)],
  }
}

/** NTFS has the copy of its boot sector in the one sector that it does not count. */
function sizeOf({ type, sizeBytes, sectorSize }: FileSystem): number {
  return sizeBytes + (type === "ntfs" ? sectorSize : 0)
}

function endFound({ type, checks }: FileSystem, size: number): Finding {
  const hasItsCopy = checks.some(({ name, outcome }) => name === "backup-boot-sector" && outcome === "right")
  const end = `the volume ends at ${hex(size)}: ${nameOf(type)} has that size`
  return hasItsCopy
    ? {
        code: "volume-end-found",
        severity: "notice",
        text: `${end}, and the copy of its boot sector is in the last sector`,
      }
    : { code: "volume-end-guessed", severity: "notice", text: `${end}, and nothing else tells it` }
}

function endGuessed(size: number): Finding {
  return {
    code: "volume-end-guessed",
    severity: "damage",
    text: `nothing tells where the volume ends: everything up to ${hex(size)} is taken for it`,
  }
}
