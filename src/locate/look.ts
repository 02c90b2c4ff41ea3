/** A look at some places of a source: the traces there, found without a kernel, since places are few and small. */
import { type Extent, endOf, extent, intersect, mergeExtents } from "../extents/extent.ts"
import { SEARCH_MARGIN, type Trace, findStructures, findTraces } from "../fve/index.ts"
import type { ByteSource } from "../source/byte-source.ts"
import { readBytes } from "../source/read-bytes.ts"

export interface Look {
  /** What starts at the sectors of the extent, counted from its start. Nothing is looked at twice. */
  at(place: Extent): Promise<void>
  readonly traces: readonly Trace[]
  readonly unreadable: readonly Extent[]
  /** All looks so far, together. */
  readonly bytesRead: number
}

const SECTOR = 512
/** Places in sight of each other are read at once. */
const PIECE = 1 << 20

export function openLook(source: ByteSource, signal?: AbortSignal): Look {
  const traces = new Map<string, Trace>()
  const seen = new Set<string>()
  const unreadable: Extent[] = []
  let bytesRead = 0

  async function read(at: number, length: number): Promise<Uint8Array> {
    const read = await readBytes(source, at, length, signal)
    unreadable.push(...read.unreadable)
    bytesRead += read.bytes.length
    return read.bytes
  }

  async function lookAt(piece: Extent): Promise<void> {
    const bytes = await read(piece.start, piece.length + SEARCH_MARGIN)
    const window = { bytes, starts: Math.min(piece.length, bytes.length) }
    const found = await findTraces(window, piece.start, { find: findStructures, reach: "sectors", read })
    for (const trace of found) traces.set(`${trace.kind} ${trace.at}`, trace)
  }

  return {
    async at(place) {
      const inside = intersect(place, extent(0, source.size))
      const name = `${inside.start} ${inside.length}`
      if (inside.length === 0 || inside.start !== place.start || seen.has(name)) return
      seen.add(name)
      for (let at = inside.start; at < endOf(inside); at += PIECE) {
        await lookAt(intersect(extent(at, PIECE), inside))
      }
    },
    get traces() {
      return [...traces.values()].sort((a, b) => a.at - b.at)
    },
    get unreadable() {
      return mergeExtents(unreadable)
    },
    get bytesRead() {
      return bytesRead
    },
  }
}

/** The sectors at which something starts, by the account of what was met so far. */
export function namedPlaces(traces: readonly Trace[]): Extent[] {
  return traces
    .flatMap((trace) => {
      if (trace.kind === "boot-sector")
        return (trace.boot?.metadataOffsets ?? []).map((offset) => trace.at + offset)
      if (trace.kind === "to-go-backup") return [trace.at - 6 * trace.sectorSize]
      if (trace.kind !== "metadata-block") return []
      const starts = trace.copyOffsets.map((offset) => trace.at - offset)
      return starts.flatMap((start) => [start, ...trace.copyOffsets.map((offset) => start + offset)])
    })
    .map((at) => extent(at, SECTOR))
}
