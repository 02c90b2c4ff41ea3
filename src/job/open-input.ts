/** From a path to the volumes in it: the step that every job starts with. */
import { NotFveError, SourceError, UsageError } from "../errors.ts"
import { type Extent, alignDown, endOf, extent, extentBetween, hex, totalLength } from "../extents/extent.ts"
import { nameContents } from "../filesystem/index.ts"
import type { KeyBackup } from "../fve/index.ts"
import { type VolumePlace, locateVolumes, needsScan, startOf, volumeAt } from "../locate/index.ts"
import { readPartitionTables } from "../partition/index.ts"
import type { ByteSource, DriveSpec, SourceSpec } from "../source/byte-source.ts"
import { USUAL_READ_TIMEOUT_MS, openSource, readBytes, resolveSource, sliceSource } from "../source/index.ts"
import { withoutMissing } from "./input-map.ts"
import { scanForVolumes } from "./locate.ts"
import { placesOfBackups } from "./open-key-backup.ts"
import type { SourceReport } from "./reports.ts"
import type { InputChoice, JobContext } from "./requests.ts"

export interface OpenInput {
  readonly source: ByteSource
  readonly spec: DriveSpec
  /** What is read of it: not what the map of an image says that it never had. */
  readonly reading: SourceSpec
  readonly report: SourceReport
  readonly places: readonly VolumePlace[]
  /** What the usual places hold did not suffice: all of it was searched, or a key backup said where to look. */
  readonly isScanned: boolean
  /** To its end. */
  readonly isScannedWhole: boolean
  /** Bytes read from the source so far. */
  readonly bytesRead: () => number
}

export interface OpenInputOptions {
  /** Where the usual places show no volume, or not enough of one, the whole input is searched. */
  readonly scan?: boolean
  /** Keys come from elsewhere, so that an input without any trace of BitLocker is worth a try. */
  readonly hasKeys?: boolean
  /** They know where their volumes are, which saves the search. */
  readonly backups?: readonly KeyBackup[]
  /** A read of a device that takes longer counts as failed; a minute when absent. */
  readonly readTimeoutMs?: number | undefined
}

/** @throws SourceError, NotFveError. The caller closes the source. */
export async function openInput(
  input: InputChoice,
  context: Pick<JobContext, "emit" | "signal">,
  options: OpenInputOptions = {},
): Promise<OpenInput> {
  const { scan = false, hasKeys = false, backups = [], readTimeoutMs = USUAL_READ_TIMEOUT_MS } = options
  const spec = await resolveSource(input.path)
  const reading = await withoutMissing(spec, input.map)
  const source = counting(await openSource(reading, { readTimeoutMs, signal: context.signal }))
  try {
    if (spec.kind === "device" && (await isSilent(source))) throw silentFailure(input.path)
    const usual = await findPlaces(source, input, context.signal)
    const isLost = input.offset === undefined && needsScan(usual)
    const told = isLost ? placesOfBackups(backups, source, usual) : []
    const isKnown = backups.some(({ sourceSize }) => sourceSize === source.size)
    const isScanned = scan && isLost && !isKnown
    const scanned = isScanned ? await scanForVolumes(reading, source, { readTimeoutMs }, context) : undefined
    const found = [...told, ...(scanned?.places ?? usual)]
    const places = found.length === 0 && hasKeys ? [placeOfUnknown(source)] : found
    if (places.length === 0) throw await nothingFound(source, input, { isScanned: scan })
    const kind = spec.kind === "device" ? "device" : "file"
    const report = { path: input.path, kind, size: source.size, sectorSize: source.sectorSize } as const
    const isScannedWhole = scanned !== undefined && !scanned.endedEarly
    const isSearched = isScanned || told.length > 0
    return {
      source,
      spec,
      reading,
      report,
      places,
      isScanned: isSearched,
      isScannedWhole,
      bytesRead: () => source.bytesRead,
    }
  } catch (error) {
    await source.close()
    throw error
  }
}

async function findPlaces(
  source: ByteSource,
  input: InputChoice,
  signal: AbortSignal,
): Promise<VolumePlace[]> {
  if (input.offset === undefined) return locateVolumes(source, signal)
  if (input.offset >= source.size) {
    throw new UsageError(
      "offset-beyond-input",
      `the offset ${hex(input.offset)} lies beyond the end of the input`,
      {
        next: [`give an offset below ${hex(source.size)}`],
        data: { offset: input.offset, size: source.size },
      },
    )
  }
  const place = await volumeAt(source, input.offset, input.size, signal)
  return place ? [place] : []
}

/** The place that was chosen, with its number. @throws UsageError when the choice is open, or of none */
export function choosePlace(
  places: readonly VolumePlace[],
  volume: number | undefined,
): { place: VolumePlace; index: number } {
  // What was there before, or lies inside another volume, is only taken by its number.
  const current = places.filter(({ standing }) => standing === "current")
  const only = current.length === 1 ? current[0] : places.length === 1 ? places[0] : undefined
  const index = volume ?? (only ? places.indexOf(only) + 1 : undefined)
  const place = index === undefined ? undefined : places[index - 1]
  if (index !== undefined && place) return { place, index }
  const list = places.map(
    (p, i) => `volume ${i + 1}: ${p.where}, at ${hex(p.extent.start)}, ${p.extent.length} bytes`,
  )
  const message =
    index === undefined
      ? `the input holds ${places.length} BitLocker volumes: ${list.join("; ")}`
      : `there is no volume ${index}: the input holds ${places.length}`
  throw new UsageError("volume-not-chosen", message, {
    next: [
      `choose one with --volume N, from 1 to ${places.length}`,
      "repair-bde inspect shows what tells them apart",
    ],
    data: { volumes: places.map((p) => ({ offset: p.extent.start, size: p.extent.length, where: p.where })) },
  })
}

/** The volume as a source of its own, and the spec by which lanes open it. It may begin before the input. */
export function sliceOf(input: OpenInput, place: VolumePlace): { source: ByteSource; spec: SourceSpec } {
  const extent = extentBetween(startOf(place), endOf(place.extent))
  const isWhole = extent.start === 0 && extent.length === input.source.size
  if (isWhole) return { source: input.source, spec: input.reading }
  const { sectorSize } = input.source
  return {
    source: sliceSource(input.source, extent, sectorSize),
    spec: { kind: "slice", of: input.reading, extent, sectorSize },
  }
}

async function nothingFound(
  source: ByteSource,
  input: InputChoice,
  { isScanned }: { isScanned: boolean },
): Promise<NotFveError | SourceError> {
  if (await isSilent(source)) return silentFailure(input.path)
  const where = input.offset === undefined ? input.path : `${input.path} at ${hex(input.offset)}`
  const what = await nameContents(
    sliceSource(source, restOf(source, Math.max(0, input.offset ?? 0)), source.sectorSize),
  )
  const partitions = input.offset === undefined ? await describePartitions(source) : []
  const held = partitions.length > 0 ? ` that holds ${partitions.join("; ")}` : ""
  return new NotFveError("not-bitlocker", `no BitLocker volume in ${where}: it is ${what}${held}`, {
    next: [
      "check that this is the drive or image that Windows asks a key for",
      isScanned
        ? `try repair-bde locate ${input.path} --all: it also finds what does not lie on whole sectors`
        : `try repair-bde locate ${input.path}: it searches all of it, about ${searchTime(source.size)} at the speed of the disk`,
      "name the whole disk instead of a partition, or say where the volume starts with --offset",
    ],
    data: { path: input.path, instead: what, partitions },
  })
}

/** Sectors from the first to the last: where none can be read, nothing is known of what is on it. */
async function isSilent(source: ByteSource): Promise<boolean> {
  const unit = source.sectorSize
  for (const part of [0, 0.25, 0.5, 0.75, 1]) {
    const at = alignDown(Math.max(0, Math.floor(part * source.size) - unit), unit)
    const { unreadable, bytes } = await readBytes(source, at, unit)
    if (totalLength(unreadable) < bytes.length) return false
  }
  return true
}

function silentFailure(path: string): SourceError {
  return new SourceError("source-silent", `${path} answers no read`, {
    data: { path },
    next: [
      "take the drive off its power and cable for a minute, connect it again and run the same command",
      "try another cable, port or enclosure; a drive that stays silent needs a laboratory",
    ],
  })
}

/** At 200 MB/s, what a disk gives; an SSD is faster. */
function searchTime(size: number): string {
  const minutes = Math.ceil(size / 200e6 / 60)
  return minutes < 120 ? `${minutes} min` : `${Math.ceil(minutes / 60)} h`
}

const restOf = (source: ByteSource, start: number): Extent => ({ start, length: source.size - start })

async function describePartitions(source: ByteSource): Promise<string[]> {
  const descriptions = new Map<number, string>()
  for (const { kind, partitions } of await readPartitionTables(source)) {
    for (const { index, extent } of partitions) {
      // The reading at the wrong sector size mostly points past the end.
      if (extent.length === 0 || descriptions.has(extent.start)) continue
      const what = await nameContents(sliceSource(source, extent, source.sectorSize))
      descriptions.set(extent.start, `${kind.toUpperCase()} partition ${index}, ${what}`)
    }
  }
  return [...descriptions.values()]
}

function counting(source: ByteSource): ByteSource & { readonly bytesRead: number } {
  let bytesRead = 0
  return {
    size: source.size,
    sectorSize: source.sectorSize,
    ...(source.held && { held: source.held }),
    get bytesRead() {
      return bytesRead
    },
    read(at, into, signal) {
      bytesRead += into.length
      return source.read(at, into, signal)
    },
    close: () => source.close(),
  }
}

/** A place for keys from elsewhere to be tried on when nothing of BitLocker is left: the whole input. */
function placeOfUnknown({ size }: ByteSource): VolumePlace {
  return {
    extent: extent(0, size),
    where: "somewhere in the input",
    metadataOffsets: [],
    eowOffsets: [],
    standing: "current",
    evidence: [],
    traces: { copies: [], eow: [], strays: [] },
    otherStarts: [],
  }
}
