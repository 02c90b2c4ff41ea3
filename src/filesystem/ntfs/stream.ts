/** A stream of NTFS as bytes: its runs of clusters joined, as far as they were ever written. */
import { type Extent, endOf, extent, intersect } from "../../extents/extent.ts"
import type { ByteSource } from "../../source/byte-source.ts"
import { type ReadBytes, readBytes } from "../../source/read-bytes.ts"
import type { DataStream } from "./attributes.ts"

export interface OpenStream {
  /** Bytes that were ever written, as far as the runs tell of them. */
  readonly size: number
  /** Where they lie in the volume, in the order of the stream. */
  readonly extents: readonly Extent[]
}

/** Up to the first sparse run: the system's own streams have none. */
export function openStream({ runs, initialisedSize }: DataStream, clusterSize: number): OpenStream {
  const extents: Extent[] = []
  let size = 0
  for (const { lcn, clusterCount } of runs) {
    if (lcn === undefined || size >= initialisedSize) break
    const length = Math.min(clusterCount * clusterSize, initialisedSize - size)
    extents.push(extent(lcn * clusterSize, length))
    size += length
  }
  return { size, extents }
}

/** A part of a stream in the volume: more than one extent where it is fragmented just there. */
export function placesOf({ extents }: OpenStream, part: Extent): Extent[] {
  const places: Extent[] = []
  let at = 0
  for (const e of extents) {
    const own = intersect(extent(at, e.length), part)
    if (own.length > 0) places.push(extent(e.start + own.start - at, own.length))
    at += e.length
    if (at >= endOf(part)) break
  }
  return places
}

/** As `readBytes`, in positions of the stream. */
export async function readStream(source: ByteSource, stream: OpenStream, part: Extent): Promise<ReadBytes> {
  const bytes = new Uint8Array(part.length)
  const unreadable: Extent[] = []
  let filled = 0
  for (const place of placesOf(stream, part)) {
    const read = await readBytes(source, place.start, place.length)
    bytes.set(read.bytes, filled)
    const toStream = part.start + filled - place.start
    unreadable.push(...read.unreadable.map((e) => extent(e.start + toStream, e.length)))
    filled += read.bytes.length
    if (read.bytes.length < place.length) break
  }
  return { bytes: bytes.subarray(0, filled), unreadable }
}
