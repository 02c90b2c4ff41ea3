/**
 * Finds BitLocker volumes in an input without searching all of it: in its first sector, at the partitions, and where that
 * gives nothing, or a boot sector whose copies are not where it says, in the usual places. An image carries no sector size and
 * USB enclosures change it, so partition tables are read at 512 and 4096 bytes; a table read at the wrong size finds nothing,
 * or places that hold no boot sector.
 */
import { type Extent, endOf, extent, extentBetween, intersect } from "../extents/extent.ts"
import type { Trace } from "../fve/index.ts"
import { readPartitionTables } from "../partition/index.ts"
import type { ByteSource } from "../source/byte-source.ts"
import { readBytes } from "../source/read-bytes.ts"
import { deriveVolumes } from "./derive-volumes.ts"
import { type Look, namedPlaces, openLook } from "./look.ts"
import { usualPlaces } from "./usual-places.ts"
import { type VolumePlace, startOf } from "./volume-place.ts"

/** All looks together read less; the tables take two MiB beside. */
const MOST_LOOKED_AT = 48 << 20
const SECTOR = 512

/** What is there now in the order of the places, then what was there before. */
export async function locateVolumes(source: ByteSource, signal?: AbortSignal): Promise<VolumePlace[]> {
  const look = openLook(source, signal)
  const whole = extent(0, source.size)
  await look.at(extent(0, SECTOR))
  // A boot sector in the first place means that there is no partition table: its boot code would be read as one.
  const isVolume = look.traces.some(({ kind }) => kind === "boot-sector")
  const tables = isVolume ? [] : await readPartitionTables(source)
  // What the table says, beyond the end of a cut image too: places are shares of the whole.
  const partitions = tables.flatMap((table) => table.partitions.map(({ declared }) => declared))
  const volumes = partitions.length > 0 ? partitions : [whole]
  await lookAtVolumes(look, volumes, source, signal)
  return deriveVolumes(look.traces, tables, source.size, look.unreadable)
}

/** The volume that somebody says is at `offset`; `undefined` when nothing of BitLocker starts there. */
export async function volumeAt(
  source: ByteSource,
  offset: number,
  size?: number,
  signal?: AbortSignal,
): Promise<VolumePlace | undefined> {
  const asked = size === undefined ? extentBetween(offset, source.size) : extent(offset, size)
  const held = intersect(asked, extent(0, source.size))
  const look = openLook(source, signal)
  await lookAtVolumes(look, [asked], source, signal)
  const places = deriveVolumes(look.traces, [], source.size, look.unreadable)
  const place = places.find((one) => startOf(one) === offset)
  if (!place) return undefined
  const where = "the offset that was given"
  if (size === undefined) return { ...place, where }
  const { fullSize: _, isEndGuessed: __, ...rest } = place
  return {
    ...rest,
    extent: held,
    ...(endOf(asked) > source.size && { fullSize: asked.length }),
    where,
  }
}

/** First sectors, what they name, then the usual places of those volumes that are not explained by it. */
async function lookAtVolumes(
  look: Look,
  volumes: readonly Extent[],
  source: ByteSource,
  signal: AbortSignal | undefined,
): Promise<void> {
  for (const { start } of volumes) await look.at(extent(start, SECTOR))
  await follow(look)
  const unexplained = volumes.filter((volume) => !isExplained(look.traces, volume.start))
  const isAnyFound = unexplained.length < volumes.length
  for (const volume of unexplained) {
    const isWorth = !isAnyFound || (await lostItsFirstSector(volume, look.traces, source, signal))
    for (const place of isWorth ? usualPlaces(volume) : []) {
      if (look.bytesRead + place.length < MOST_LOOKED_AT) await look.at(place)
    }
  }
  await follow(look)
}

/** Twice: a copy names starts and other copies, a boot sector that is met there names copies again. */
async function follow(look: Look): Promise<void> {
  for (let turn = 0; turn < 2; turn++) {
    for (const place of namedPlaces(look.traces)) await look.at(place)
  }
}

/** A boot sector is there, and a copy where it says. */
function isExplained(traces: readonly Trace[], start: number): boolean {
  const boot = traces.find((trace) => trace.kind === "boot-sector" && trace.at === start)
  const named = boot?.kind === "boot-sector" ? (boot.boot?.metadataOffsets ?? []) : []
  return traces.some(({ kind, at }) => kind === "metadata-block" && named.includes(at - start))
}

/** Any file system ends its first sector with the same two bytes: without them it was overwritten, or wiped. */
async function lostItsFirstSector(
  { start }: Extent,
  traces: readonly Trace[],
  source: ByteSource,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  if (traces.some((trace) => trace.kind === "boot-sector" && trace.at === start)) return true
  const { bytes } = await readBytes(source, start + SECTOR - 2, 2, signal)
  return bytes[0] !== 0x55 || bytes[1] !== 0xaa
}
