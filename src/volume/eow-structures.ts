/**
 * Finds what is left of the encrypt-on-write structures. The information block only lists bitmaps; each bitmap names its
 * region and its log, under a checksum of its own. So when both information blocks are gone, bitmaps that a scan found do
 * as well, and the size of a chunk follows from their bit counts or from the header of a log.
 */
import { byteOffset } from "../bytes/byte-offset.ts"
import {
  type Extent,
  alignUp,
  endOf,
  extent,
  extentBetween,
  hex,
  intersect,
  overlaps,
} from "../extents/extent.ts"
import type { Finding } from "../findings.ts"
import {
  type EowBitmap,
  type EowInfo,
  conversionLogGeometry,
  currentRecord,
  parseConversionLogHeader,
  parseEowBitmap,
  parseEowInfo,
} from "../fve/index.ts"
import type { ByteSource } from "../source/byte-source.ts"
import { readBytes } from "../source/read-bytes.ts"
import type { LogPlace } from "./conversion-log.ts"

/** Where a scan saw the signatures of encrypt-on-write, in bytes from the start of the volume. */
export interface EowPlaces {
  readonly infos: readonly number[]
  readonly bitmaps: readonly number[]
  /** Of conversion logs, those of conversions by watermark included. */
  readonly logs: readonly number[]
}

export interface EowRegion {
  readonly extent: Extent
  readonly bitmap: EowBitmap
  readonly log?: LogPlace
}

export interface EowStructures {
  readonly chunkSize?: number
  /** Those with an intact bitmap header, ascending; none overlaps another. */
  readonly regions: readonly EowRegion[]
  /** Logs whose bitmap is gone: they still tell of the chunk in flight. */
  readonly orphanLogs: readonly LogPlace[]
  /** The structures themselves: a reader of the volume sees zeros. */
  readonly zeroed: readonly Extent[]
  readonly findings: readonly Finding[]
}

/** The size field of the block has 16 bits. */
const MOST_INFO_BYTES = 0x10000
/** Bits for 256 TiB in chunks of 8 MiB. */
const MOST_BITMAP_BYTES = 4 << 20
const MOST_CHUNK = 128 << 20
const CHUNK_SIZES = Array.from({ length: 12 }, (_, i) => 0x10000 * 2 ** i)

/** @param offsets where the boot sector says that the information blocks are */
export async function readEowStructures(
  source: ByteSource,
  offsets: readonly number[],
  found: EowPlaces | undefined,
  sectorSize: number,
  signal?: AbortSignal,
): Promise<EowStructures> {
  const listed = await readInfos(source, offsets, signal)
  const infos = listed.some(isUsable)
    ? listed
    : [...listed, ...(await readInfos(source, found?.infos ?? [], signal))]
  const info = infos.find(isUsable)
  const places = info
    ? info.bitmapOffsets
    : [...new Set([...infos.flatMap(({ bitmapOffsets }) => bitmapOffsets), ...(found?.bitmaps ?? [])])]
  const bitmaps = await Promise.all(places.map((at) => readBitmap(source, at, sectorSize, signal)))
  const intact = bitmaps.filter((bitmap) => bitmap !== undefined)
  const regions = withoutOverlaps(intact)
  const chunkSize = info?.header.chunkSize ?? (await findChunkSize(source, regions, sectorSize, signal))
  const logs = new Set(intact.flatMap(({ bitmap }) => bitmap.logOffset ?? []))
  const mayBeLogs = [...places.map((at) => at + LOG_BEHIND_BITMAP), ...(found?.logs ?? [])]
  const orphanLogs = await readOrphanLogs(
    source,
    mayBeLogs.filter((at) => !logs.has(at)),
    sectorSize,
    signal,
  )
  return {
    ...(chunkSize && { chunkSize }),
    regions: regions.map((bitmap) => toRegion(bitmap, chunkSize, sectorSize, source.size)),
    orphanLogs,
    zeroed: [
      ...zeroedBy(info, places, intact, chunkSize, sectorSize),
      ...orphanLogs.map(({ at, geometry }) => extent(at, geometry.size)),
    ],
    findings: [
      ...(info ? [] : [infoLost(regions.length)]),
      ...places.filter((_, i) => info && !bitmaps[i]).map((at) => bitmapLost(at, sectorSize)),
    ],
  }
}

/** Whether an intact information block is where the boot sector says. */
export async function hasEowInfo(
  source: ByteSource,
  offsets: readonly number[],
  signal?: AbortSignal,
): Promise<boolean> {
  return (await readInfos(source, offsets, signal)).some(isUsable)
}

async function readInfos(
  source: ByteSource,
  offsets: readonly number[],
  signal: AbortSignal | undefined,
): Promise<EowInfo[]> {
  const infos: EowInfo[] = []
  for (const at of offsets) {
    const info = parseEowInfo((await readBytes(source, at, MOST_INFO_BYTES, signal)).bytes)
    if (info) infos.push(info)
  }
  return infos
}

function isUsable({ header: { sectorSize, chunkSize }, crc }: EowInfo): boolean {
  return crc === "right" && sectorSize >= 512 && chunkSize >= sectorSize && chunkSize % sectorSize === 0
}

interface PlacedBitmap {
  readonly at: number
  readonly bitmap: EowBitmap
  readonly region: Extent
}

/** `undefined` unless its header is intact; whether its records are, is another question. */
async function readBitmap(
  source: ByteSource,
  at: number,
  sectorSize: number,
  signal: AbortSignal | undefined,
): Promise<PlacedBitmap | undefined> {
  const head = parseEowBitmap((await readBytes(source, at, sectorSize, signal)).bytes)
  if (!head) return undefined
  const size = Math.min(Math.max(head.header.size, sectorSize), MOST_BITMAP_BYTES)
  const bitmap = parseEowBitmap((await readBytes(source, at, size, signal)).bytes)
  const { region } = bitmap ?? {}
  const fits =
    bitmap?.crc === "right" && region && region.start % sectorSize === 0 && region.start < source.size
  return fits ? { at, bitmap, region } : undefined
}

/** Two bitmaps for one place: one of them is old, and nothing says which. */
function withoutOverlaps(bitmaps: readonly PlacedBitmap[]): PlacedBitmap[] {
  return bitmaps
    .filter((one) => !bitmaps.some((other) => other !== one && overlaps(other.region, one.region)))
    .sort((a, b) => a.region.start - b.region.start)
}

/** On all volumes seen. */
const LOG_BEHIND_BITMAP = 0x1000

/** By their own headers. */
async function readOrphanLogs(
  source: ByteSource,
  places: readonly number[],
  sectorSize: number,
  signal: AbortSignal | undefined,
): Promise<LogPlace[]> {
  const logs: LogPlace[] = []
  for (const at of new Set(places)) {
    const header = parseConversionLogHeader((await readBytes(source, at, sectorSize, signal)).bytes)
    const start = header && byteOffset(header.regionOffset, source.size)
    if (header?.sectorSize !== sectorSize || start === undefined) continue
    if (header.chunkSize < sectorSize || header.chunkSize > MOST_CHUNK || header.chunkSize % sectorSize !== 0)
      continue
    const geometry = conversionLogGeometry(sectorSize, header.chunkSize)
    logs.push({ at, geometry, sectorSize, within: extentBetween(start, source.size) })
  }
  return logs
}

async function findChunkSize(
  source: ByteSource,
  bitmaps: readonly PlacedBitmap[],
  sectorSize: number,
  signal: AbortSignal | undefined,
): Promise<number | undefined> {
  for (const { bitmap, region } of bitmaps) {
    if (bitmap.logOffset === undefined) continue
    const header = parseConversionLogHeader(
      (await readBytes(source, bitmap.logOffset, sectorSize, signal)).bytes,
    )
    const isOurs = header?.sectorSize === sectorSize && header.regionOffset === BigInt(region.start)
    if (isOurs && header.chunkSize >= sectorSize && header.chunkSize % sectorSize === 0)
      return header.chunkSize
  }
  const fitting = CHUNK_SIZES.filter((size) =>
    bitmaps.every(({ bitmap, region }) => {
      const record = currentRecord(bitmap)
      return !record || record.header.bitCount === Math.ceil(region.length / size)
    }),
  )
  return fitting.length === 1 ? fitting[0] : undefined
}

function toRegion(
  { bitmap, region }: PlacedBitmap,
  chunkSize: number | undefined,
  sectorSize: number,
  volumeSize: number,
): EowRegion {
  const within = intersect(region, extent(0, volumeSize))
  if (bitmap.logOffset === undefined || chunkSize === undefined) return { extent: within, bitmap }
  const geometry = conversionLogGeometry(sectorSize, chunkSize)
  return { extent: within, bitmap, log: { at: bitmap.logOffset, geometry, sectorSize, within } }
}

/** A lost bitmap is as long as the others, and has its log where the others have theirs. */
function zeroedBy(
  info: EowInfo | undefined,
  places: readonly number[],
  intact: readonly PlacedBitmap[],
  chunkSize: number | undefined,
  sectorSize: number,
): Extent[] {
  const [model] = intact
  const logSize = info?.header.logSize ?? (chunkSize ? conversionLogGeometry(sectorSize, chunkSize).size : 0)
  const logBehind = model?.bitmap.logOffset !== undefined ? model.bitmap.logOffset - model.at : undefined
  const ofBitmap = (at: number): Extent[] => {
    const bitmap = intact.find((one) => one.at === at)?.bitmap ?? model?.bitmap
    const logOffset = intact.find((one) => one.at === at)?.bitmap.logOffset ?? (logBehind && at + logBehind)
    return [
      ...(bitmap ? [extent(at, alignUp(bitmap.header.size, sectorSize))] : []),
      ...(logOffset ? [extent(logOffset, logSize)] : []),
    ]
  }
  const infos = info?.copyOffsets.map((at) => extent(at, alignUp(info.header.size, sectorSize))) ?? []
  return [...infos, ...(info ? places : intact.map(({ at }) => at)).flatMap(ofBitmap)].filter(
    (e) => e.length > 0 && Number.isSafeInteger(endOf(e)),
  )
}

function infoLost(regionCount: number): Finding {
  const rest =
    regionCount > 0
      ? `${regionCount} bitmaps were found without it, and what they do not cover is decided from the sectors`
      : "how sectors are stored is decided from the sectors"
  return {
    code: "eow-info-lost",
    severity: "damage",
    text: `no intact encrypt-on-write information block: ${rest}`,
  }
}

function bitmapLost(at: number, sectorSize: number): Finding {
  return {
    code: "eow-bitmap-lost",
    severity: "damage",
    text: `the encrypt-on-write bitmap at ${hex(at)} is damaged: its region is decided from the sectors`,
    extent: extent(at, sectorSize),
  }
}
