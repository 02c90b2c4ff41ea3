/**
 * Is an output what its map says? Somebody may have put another file or drive in its place. A few places that should be
 * finished are read from both ends of the run and compared: less than a hundred kilobytes.
 */
import { SinkError } from "../errors.ts"
import {
  type Extent,
  alignDown,
  alignUp,
  endOf,
  extentBetween,
  hex,
  subtractExtents,
} from "../extents/extent.ts"
import { type ExtentMap, Status } from "../extents/extent-map.ts"
import type { ByteSource } from "../source/byte-source.ts"
import { type StoredVolume, readPlainSectors } from "../volume/plain-sectors.ts"

const PLACES = 12
const PLACE_LENGTH = 4096

/**
 * @param start position in the volume of the output's first byte
 * @throws SinkError where it holds something else
 */
export async function checkOutput(
  output: ByteSource,
  path: string,
  map: ExtentMap,
  volume: StoredVolume,
  start: number,
): Promise<void> {
  for (const place of placesOf(map)) {
    const differs = await findDifference(output, place, volume, start)
    if (differs === undefined) continue
    throw new SinkError(
      "output-differs",
      `${path} is not what its map says: it holds something else at ${hex(differs)}`,
      {
        next: [
          "look whether this is the file or drive that the earlier run wrote",
          "name another output",
          "add -f to start afresh",
        ],
        data: { path, position: differs },
      },
    )
  }
}

/** The first finished bytes, the last ones, and some between them. */
function placesOf(map: ExtentMap): Extent[] {
  const finished = map.extentsOf(Status.finished)
  const step = Math.max(1, Math.floor(finished.length / PLACES))
  const heads = finished.filter((_, i) => i % step === 0).slice(0, PLACES)
  const inLargest = finished.length < PLACES ? finished.flatMap(spread) : []
  const last = finished.at(-1)
  const tail = last ? [extentBetween(Math.max(last.start, endOf(last) - PLACE_LENGTH), endOf(last))] : []
  return [...heads.map(headOf), ...inLargest, ...tail]
}

const headOf = ({ start, length }: Extent): Extent => ({ start, length: Math.min(length, PLACE_LENGTH) })

function spread(whole: Extent): Extent[] {
  const parts = [1, 2, 3].map((i) => whole.start + Math.floor((whole.length * i) / 4))
  return parts.map((start) => headOf(extentBetween(start, endOf(whole))))
}

/** Position in the output of the first byte that is another one; what cannot be read on either side is not compared. */
async function findDifference(
  output: ByteSource,
  place: Extent,
  volume: StoredVolume,
  start: number,
): Promise<number | undefined> {
  const { sectorSize, size } = volume.plan
  const first = alignDown(start + place.start, sectorSize)
  const end = Math.min(size, alignUp(start + endOf(place), sectorSize))
  const sectors = new Uint8Array(new ArrayBuffer(end - first))
  const { failed } = await readPlainSectors(volume, first, sectors)
  const there = new Uint8Array(place.length)
  const unreadable = await output.read(place.start, there)
  const lost = [...failed.map((e) => ({ ...e, start: e.start - start })), ...unreadable]
  for (const { start: from, length } of subtractExtents(place, lost)) {
    for (let at = from; at < from + length; at++) {
      if (there[at - place.start] !== sectors[start + at - first]) return at
    }
  }
  return undefined
}
