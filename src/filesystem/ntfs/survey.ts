/**
 * The skeleton of an NTFS volume: $MFT tells of every file, $Bitmap of every cluster. The FILE records are looked at in
 * pieces spread over all of $MFT; the folders and files that those tell of give index blocks and heads all over the volume.
 */
import { type Extent, alignDown, extent, intersect, mergeExtents } from "../../extents/extent.ts"
import { startsWithLatin1 } from "../../bytes/compare.ts"
import type { ByteSource } from "../../source/byte-source.ts"
import { cachedSource } from "../../source/cached.ts"
import { readBytes } from "../../source/read-bytes.ts"
import { HEAD_LENGTH, type HeadPlace, MOST_HEADS, hasKnownHead, judgeHeads } from "../file-heads.ts"
import {
  type Judgement,
  type Region,
  type Skeleton,
  type Structure,
  judgeAt,
  judgePart,
  spread,
  spreadOf,
} from "../skeleton.ts"
import {
  type DataStream,
  dataStreamOf,
  fileNameOf,
  indexBlockSizeOf,
  indexStreamOf,
  isMarkedDirty,
} from "./attributes.ts"
import type { NtfsGeometry } from "./boot-sector.ts"
import { type FileRecord, openFileRecord, residentValue } from "./file-record.ts"
import { entriesOfBlock, entriesOfRoot, openIndexBlock } from "./index-block.ts"
import { ATTRIBUTE, RECORD } from "./layout.ts"
import { type OpenStream, openStream, placesOf, readStream } from "./stream.ts"

/** The system's own files: all that is looked at when $MFT does not tell where it goes on. */
const SYSTEM_RECORDS = 16
/** $MFT is read in pieces of this size (a record has 64 KiB at most), at most so many. */
const PIECE = 65536
const MOST_PIECES = 64
const MOST_INDEX_BLOCKS = 256
/** The root folder is searched through for one name. */
const MOST_BLOCKS_OF_FOLDER = 256

const IN_USE = 1
const FOLDER = 2

interface Volume {
  readonly source: ByteSource
  readonly geometry: NtfsGeometry
  readonly mft: OpenStream
}

export async function surveyNtfs(source: ByteSource, geometry: NtfsGeometry): Promise<Skeleton> {
  const volume = { source, geometry, mft: await findMft(source, geometry) }
  const bitmapRecord = await readRecord(volume, RECORD.bitmap)
  const bitmap = streamIn(bitmapRecord && dataStreamOf(bitmapRecord), geometry)
  const logRecord = await readRecord(volume, RECORD.logFile)
  const log = streamIn(logRecord && dataStreamOf(logRecord), geometry)
  const whole = extent(0, source.size)
  const mirror = extent(geometry.mirrorAt, 4 * geometry.recordSize)
  const all = [extent(0, geometry.sectorSize), ...volume.mft.extents, mirror, ...(bitmap?.extents ?? [])]
  const bits = cachedSource(source)
  return {
    extents: mergeExtents([...all, ...(log?.extents ?? [])].map((e) => intersect(e, whole))),
    condition: await readCondition(volume),
    judge: () => judgeStructures(volume),
    isFree: (at) => isClusterFree(bits, bitmap, Math.floor(at / geometry.clusterSize)),
  }
}

/** From record 0 or its mirror; where both are lost, the place of the system's own files, to be judged there. */
async function findMft(source: ByteSource, geometry: NtfsGeometry): Promise<OpenStream> {
  const { recordSize, clusterSize, mftAt, mirrorAt } = geometry
  for (const at of [mftAt, mirrorAt]) {
    const { bytes } = await readBytes(source, at, recordSize)
    const record = openFileRecord(bytes)
    const stream = record && fileNameOf(record) === "$MFT" ? dataStreamOf(record) : undefined
    const opened = stream && openStream(stream, clusterSize)
    if (opened?.extents[0]?.start === mftAt) return opened
  }
  const size = SYSTEM_RECORDS * recordSize
  return { size, extents: [extent(mftAt, size)] }
}

function streamIn(stream: DataStream | undefined, { clusterSize }: NtfsGeometry): OpenStream | undefined {
  return stream && openStream(stream, clusterSize)
}

async function readRecord(
  { source, geometry, mft }: Volume,
  number: number,
): Promise<FileRecord | undefined> {
  const { recordSize } = geometry
  return openFileRecord((await readStream(source, mft, extent(number * recordSize, recordSize))).bytes)
}

async function readCondition(volume: Volume): Promise<Skeleton["condition"]> {
  const record = await readRecord(volume, RECORD.volume)
  const dirty = record && isMarkedDirty(record)
  const hibernated = await isHibernated(volume)
  return { ...(dirty !== undefined && { dirty }), ...(hibernated !== undefined && { hibernated }) }
}

/** hiberfil.sys begins with HIBR while Windows sleeps, and with zeros or another mark once it woke (as ntfs-3g tells). */
async function isHibernated(volume: Volume): Promise<boolean | undefined> {
  const root = await readRecord(volume, RECORD.root)
  if (!root) return undefined
  const number = await findInFolder(volume, root, "hiberfil.sys")
  const record = number === undefined ? undefined : await readRecord(volume, number)
  const [first] = (record && dataStreamOf(record)?.runs) ?? []
  if (first?.lcn === undefined) return false
  const { bytes } = await readBytes(volume.source, first.lcn * volume.geometry.clusterSize, 4)
  return startsWithLatin1(bytes, "HIBR") || startsWithLatin1(bytes, "hibr")
}

async function findInFolder(volume: Volume, folder: FileRecord, name: string): Promise<number | undefined> {
  const root = indexRootOf(folder)
  const found = root && entriesOfRoot(root).find((entry) => entry.name.toLowerCase() === name)
  if (found) return found.record
  for (const block of blocksOf(volume, folder)) {
    const opened = openIndexBlock((await readBytes(volume.source, block.start, block.length)).bytes)
    const entry = opened && entriesOfBlock(opened).find((one) => one.name.toLowerCase() === name)
    if (entry) return entry.record
  }
  return undefined
}

function indexRootOf(folder: FileRecord): Uint8Array | undefined {
  return residentValue(folder, ATTRIBUTE.indexRoot, "$I30")
}

/** The index blocks of a folder that lie in one piece, and not in several clusters apart. */
function blocksOf({ geometry }: Volume, folder: FileRecord): Extent[] {
  const stream = streamIn(indexStreamOf(folder), geometry)
  const blockSize = indexBlockSizeOf(folder)
  if (!stream || !blockSize) return []
  return spread(Math.floor(stream.size / blockSize), MOST_BLOCKS_OF_FOLDER).flatMap((i) => {
    const places = placesOf(stream, extent(i * blockSize, blockSize))
    return places.length === 1 ? places : []
  })
}

async function judgeStructures(volume: Volume): Promise<Judgement> {
  const structures: Structure[] = []
  const blocks: Extent[] = []
  const heads: HeadPlace[] = []
  for await (const { at, outcome, record } of recordsOf(volume)) {
    structures.push({ region: "file-table", outcome, start: at, length: volume.geometry.recordSize })
    if (!record || (record.header.flags & IN_USE) === 0) continue
    if ((record.header.flags & FOLDER) !== 0) blocks.push(...blocksOf(volume, record))
    else heads.push(...headOf(volume, record))
  }
  for (const block of spreadOf(blocks, MOST_INDEX_BLOCKS)) {
    const outcome = await judgeAt(volume.source, block, (bytes) => openIndexBlock(bytes) !== undefined)
    structures.push({ region: "folders", outcome, ...block })
  }
  structures.push(...(await judgeHeads(volume.source, heads)))
  const isTableSampled = Math.ceil(volume.mft.size / PIECE) > MOST_PIECES
  const sampled: Region[] = isTableSampled ? ["file-table", "folders", "file-heads"] : []
  if (blocks.length > MOST_INDEX_BLOCKS) sampled.push("folders")
  if (heads.length > MOST_HEADS) sampled.push("file-heads")
  return { structures, sampled: new Set(sampled) }
}

async function* recordsOf({ source, geometry, mft }: Volume) {
  const { recordSize } = geometry
  for (const piece of spread(Math.ceil(mft.size / PIECE), MOST_PIECES)) {
    const part = intersect(extent(piece * PIECE, PIECE), extent(0, alignDown(mft.size, recordSize)))
    const read = await readStream(source, mft, part)
    for (let at = part.start; at < part.start + part.length; at += recordSize) {
      const own = extent(at, recordSize)
      const [place] = placesOf(mft, own)
      const record = openFileRecord(read.bytes.subarray(at - part.start, at - part.start + recordSize))
      yield {
        at: place!.start,
        outcome: judgePart(read, part.start, own, () => record !== undefined),
        record,
      }
    }
  }
}

/** None where the clusters do not hold the file's bytes, or the name does not say how it begins. */
function headOf({ geometry }: Volume, record: FileRecord): HeadPlace[] {
  const name = fileNameOf(record)
  const stream = name !== undefined && hasKnownHead(name) ? dataStreamOf(record) : undefined
  const lcn = stream?.runs[0]?.lcn
  if (name === undefined || !stream || lcn === undefined || stream.isCoded) return []
  const length = Math.min(HEAD_LENGTH, geometry.clusterSize, stream.initialisedSize)
  return length > 0 ? [{ name, start: lcn * geometry.clusterSize, length }] : []
}

async function isClusterFree(
  source: ByteSource,
  bitmap: OpenStream | undefined,
  cluster: number,
): Promise<boolean | undefined> {
  if (!bitmap || Math.floor(cluster / 8) >= bitmap.size) return undefined
  const { bytes, unreadable } = await readStream(source, bitmap, extent(Math.floor(cluster / 8), 1))
  if (bytes.length === 0 || unreadable.length > 0) return undefined
  return (bytes[0]! & (1 << (cluster % 8))) === 0
}
