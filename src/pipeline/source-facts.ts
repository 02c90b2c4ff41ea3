/** What a source as data tells about the medium behind it. */
import { type Extent, extent, mergeExtents } from "../extents/extent.ts"
import type { ByteSource, SourceSpec } from "../source/byte-source.ts"

/** The smallest unit that a regular file is read in. */
const FILE_SECTOR_SIZE = 512

export function isDevice(source: SourceSpec): boolean {
  return "of" in source ? isDevice(source.of) : source.kind === "device"
}

export function sectorSizeOf(source: SourceSpec | ByteSource): number {
  if (!("kind" in source)) return source.sectorSize
  if ("of" in source) return sectorSizeOf(source.of)
  return source.kind === "device" ? source.sectorSize : FILE_SECTOR_SIZE
}

export function pathOf(source: SourceSpec | ByteSource): string {
  if (!("kind" in source)) return "the source"
  return "of" in source ? pathOf(source.of) : source.path
}

/** What is known to be missing before anything is read: of an image with holes, of a slice that begins before its whole. */
export function missingOf(source: SourceSpec | ByteSource): Extent[] {
  if (!("kind" in source) || !("of" in source)) return []
  if (source.kind === "masked") return mergeExtents([...source.missing, ...missingOf(source.of)])
  const { start, length } = source.extent
  const head = extent(0, Math.min(length, Math.max(0, -start)))
  const inside = missingOf(source.of).map((e) => extent(e.start - start, e.length))
  return mergeExtents([head, ...inside])
}
