/**
 * The step that finds what a conversion on write left on the volume, when nothing names the places any more: its boot sector
 * is gone, or the information blocks are. The bitmaps lie anywhere, and without them how each chunk is stored can only be
 * decided by looking at its sectors.
 */
import { type VolumePlace, mayHideConversion, startOf } from "../locate/index.ts"
import { hasEowInfo } from "../volume/index.ts"
import { scanForVolumes } from "./locate.ts"
import type { OpenInput } from "./open-input.ts"
import type { OpenVolume } from "./open-volume.ts"
import type { JobContext } from "./requests.ts"

/** The volume with the traces that a search of the whole input met, where it needs them and they are not known. */
export async function withConversionTraces(
  input: OpenInput,
  volume: OpenVolume,
  context: JobContext,
): Promise<OpenVolume> {
  const isSearched = input.isScannedWhole || volume.place.traces.eow.length > 0
  if (isSearched || !(await needsTraces(volume, context.signal))) return volume
  const { places } = await scanForVolumes(input.reading, input.source, { toTheEnd: true }, context)
  const found = places.find((other) => isSame(other, volume.place))
  if (!found) return volume
  const eowOffsets = found.eowOffsets.length > 0 ? found.eowOffsets : volume.place.eowOffsets
  const traces = { ...volume.place.traces, eow: found.traces.eow }
  const place = { ...volume.place, eowOffsets, traces }
  return { ...volume, place }
}

async function needsTraces({ place, source }: OpenVolume, signal: AbortSignal): Promise<boolean> {
  if (place.boot?.layout !== "eow") return mayHideConversion(place)
  return !(await hasEowInfo(source, place.eowOffsets, signal))
}

function isSame(other: VolumePlace, place: VolumePlace): boolean {
  return startOf(other) === startOf(place) && other.metadataOffsets.join() === place.metadataOffsets.join()
}
