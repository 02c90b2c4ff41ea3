/** From a path to the volumes in it: the step that every job starts with. */
import { NotFveError, UsageError } from "../errors.ts"
import { type Extent, hex } from "../extents/extent.ts"
import { nameContents } from "../filesystem/index.ts"
import { type VolumePlace, locateVolumes, volumeAt } from "../locate/index.ts"
import { readPartitionTables } from "../partition/index.ts"
import type { ByteSource, SourceSpec } from "../source/byte-source.ts"
import { openSource, resolveSource, sliceSource } from "../source/index.ts"
import type { SourceReport } from "./reports.ts"
import type { InputChoice } from "./requests.ts"

export interface OpenInput {
  readonly source: ByteSource
  readonly spec: SourceSpec
  readonly report: SourceReport
  readonly places: readonly VolumePlace[]
  /** Bytes read from the source so far. */
  readonly bytesRead: () => number
}

/** @throws SourceError, NotFveError. The caller closes the source. */
export async function openInput(input: InputChoice, signal: AbortSignal): Promise<OpenInput> {
  const spec = await resolveSource(input.path)
  const source = counting(await openSource(spec))
  try {
    const places = await findPlaces(source, input, signal)
    if (places.length === 0) throw await nothingFound(source, input)
    const kind = spec.kind === "device" ? "device" : "file"
    const report = { path: input.path, kind, size: source.size, sectorSize: source.sectorSize } as const
    return { source, spec, report, places, bytesRead: () => source.bytesRead }
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
  const index = volume ?? (places.length === 1 ? 1 : undefined)
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

/** The volume as a source of its own, and the spec by which lanes open it. */
export function sliceOf(input: OpenInput, place: Extent): { source: ByteSource; spec: SourceSpec } {
  const isWhole = place.start === 0 && place.length === input.source.size
  if (isWhole) return { source: input.source, spec: input.spec }
  const { sectorSize } = input.source
  return {
    source: sliceSource(input.source, place, sectorSize),
    spec: { kind: "slice", of: input.spec, extent: place, sectorSize },
  }
}

async function nothingFound(source: ByteSource, input: InputChoice): Promise<NotFveError> {
  const where = input.offset === undefined ? input.path : `${input.path} at ${hex(input.offset)}`
  const what = await nameContents(sliceSource(source, restOf(source, input.offset ?? 0), source.sectorSize))
  const partitions = input.offset === undefined ? await describePartitions(source) : []
  const held = partitions.length > 0 ? ` that holds ${partitions.join("; ")}` : ""
  return new NotFveError("not-bitlocker", `no BitLocker volume in ${where}: it is ${what}${held}`, {
    next: [
      "check that this is the drive or image that Windows asks a key for",
      "name the whole disk instead of a partition, or say where the volume starts with --offset",
    ],
    data: { path: input.path, instead: what, partitions },
  })
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
