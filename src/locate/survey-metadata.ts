/** Reads the metadata copies of a volume: the places that its boot sector names, and those that a copy itself names. */
import { type Extent, endOf, extent, extentBetween } from "../extents/extent.ts"
import { byteOffset } from "../bytes/byte-offset.ts"
import { AREA_SIZE, type MetadataCopy, parseMetadataBlock } from "../fve/index.ts"
import type { ByteSource } from "../source/byte-source.ts"
import { readBytes } from "../source/read-bytes.ts"

const COPIES = 3

/**
 * @param offsets where the boot sector says that copies are: three, or one on Windows Vista
 * @returns the copies in slot order; a copy whose place nobody names is left out
 */
export async function surveyMetadata(
  source: ByteSource,
  offsets: readonly number[],
  signal?: AbortSignal,
): Promise<MetadataCopy[]> {
  const copies = new Map<number, MetadataCopy>()
  const look = async (offset: number, slot: number): Promise<void> => {
    if (slot < COPIES && !copies.has(slot)) copies.set(slot, await readCopy(source, slot + 1, offset, signal))
  }
  for (const [slot, offset] of offsets.entries()) await look(offset, slot)
  const named = [...copies.values()].flatMap(({ block }) => [...(block?.header.copyOffsets.entries() ?? [])])
  for (const [slot, offset] of named) {
    const place = byteOffset(offset)
    if (place !== undefined) await look(place, slot)
  }
  return [...copies.values()].sort((a, b) => a.copy - b.copy)
}

async function readCopy(
  source: ByteSource,
  copy: number,
  offset: number,
  signal: AbortSignal | undefined,
): Promise<MetadataCopy> {
  const { bytes, unreadable } = await readBytes(source, offset, AREA_SIZE, signal)
  const block = parseMetadataBlock(bytes, offset)
  const area = extent(offset, block?.areaSize ?? AREA_SIZE)
  const beyond: Extent[] =
    endOf(area) > source.size ? [extentBetween(Math.max(offset, source.size), endOf(area))] : []
  return { copy, offset, bytes, ...(block && { block }), unreadable: [...unreadable, ...beyond] }
}
