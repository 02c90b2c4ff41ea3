/**
 * The geometry of an NTFS volume without its boot sector: $MFT describes itself. Its first record tells its clusters and its
 * bytes, hence the size of a cluster; the next one where its mirror lies; $BadClus has a stream as long as the volume.
 */
import type { ByteSource } from "../../source/byte-source.ts"
import { readBytes } from "../../source/read-bytes.ts"
import { heldExtents } from "../../source/held-extents.ts"
import { alignDown, endOf, extent, intersect, totalLength } from "../../extents/extent.ts"
import { isPowerOfTwo } from "../file-system.ts"
import { dataStreamOf, fileNameOf, indexBlockSizeOf } from "./attributes.ts"
import { type FileRecord, openFileRecord } from "./file-record.ts"

export interface MftGeometry {
  readonly clusterSize: number
  readonly recordSize: number
  readonly mftLcn: number
  /** Absent when record 1 is lost in both places. */
  readonly mirrorLcn?: number
  /** Of the volume; absent when $BadClus is lost. */
  readonly clusterCount?: number
  /** Of an index; absent when the root directory's record is lost. */
  readonly indexBlockSize?: number
  /** Where the record lay that all this was read from, in $MFT or in its mirror. */
  readonly foundAt: number
}

/** Sizes of FILE records on volumes of 512-byte and of 4096-byte sectors. */
const RECORD_SIZES = [1024, 4096]
const RECORD = { mirror: 1, root: 5, badClusters: 8 } as const
const MOST_CLUSTER = 2 << 20
const PIECE = 1 << 20
const STEP = 512
/** "FILE", little-endian. */
const FILE = 0x454c4946

/** Cluster sizes at which Windows puts the mirror into cluster 2 and $MFT into cluster 0xC0000; mkntfs puts $MFT into 4. */
const USUAL_CLUSTERS = [4096, 512, 1024, 2048, 8192, 16384, 32768, 65536]

export interface SearchOptions {
  /** Where $MFT or its mirror may be: looked at first. */
  readonly hints?: readonly number[]
  readonly signal?: AbortSignal | undefined
  readonly onProgress?: ((done: number, total: number) => void) | undefined
}

/** Looks in the usual places, then everywhere that holds anything. `undefined`: nothing that is left says where $MFT is. */
export async function findMftGeometry(
  source: ByteSource,
  { hints = [], signal, onProgress }: SearchOptions = {},
): Promise<MftGeometry | undefined> {
  const third = alignDown(Math.floor(source.size / 3), 4096)
  const usual = [...hints, third, ...USUAL_CLUSTERS.flatMap((size) => [2 * size, 4 * size, 0xc0000 * size])]
  for (const at of usual) {
    const found = await readMftGeometry(source, at, signal)
    if (found) return found
  }
  const piece = new Uint8Array(PIECE)
  const words = new Uint32Array(piece.buffer)
  const held = heldExtents(source, extent(0, source.size), STEP)
  const total = totalLength(held)
  let done = 0
  for (const part of held) {
    for (let at = part.start; at < endOf(part); at += PIECE) {
      const { length } = intersect(extent(at, PIECE), part)
      await source.read(at, piece.subarray(0, length), signal)
      for (let i = 0; i < length; i += STEP) {
        const found = words[i >> 2] === FILE && (await readMftGeometry(source, at + i, signal))
        if (found) return found
      }
      done += length
      onProgress?.(done, total)
    }
  }
  return undefined
}

/** @returns undefined unless the record at `at` is that of $MFT, here or in its mirror */
async function readMftGeometry(
  source: ByteSource,
  at: number,
  signal: AbortSignal | undefined,
): Promise<MftGeometry | undefined> {
  const self = await readRecord(source, at, signal)
  const stream = self && fileNameOf(self) === "$MFT" ? dataStreamOf(self) : undefined
  const mftLcn = stream?.runs[0]?.lcn
  if (!self || !stream || !mftLcn) return undefined
  const clusterSize = clusterSizeOf(stream, mftLcn, at)
  if (!isPowerOfTwo(clusterSize) || clusterSize < STEP || clusterSize > MOST_CLUSTER) return undefined
  const recordSize = self.bytes.length
  const numbered = async (number: number, name: string): Promise<FileRecord | undefined> => {
    for (const table of [mftLcn * clusterSize, at]) {
      const record = await readRecord(source, table + number * recordSize, signal)
      if (record && fileNameOf(record) === name) return record
    }
    return undefined
  }
  const mirror = await numbered(RECORD.mirror, "$MFTMirr")
  const bad = await numbered(RECORD.badClusters, "$BadClus")
  const root = await numbered(RECORD.root, ".")
  const mirrorLcn = mirror && dataStreamOf(mirror)?.runs[0]?.lcn
  const volumeSize = bad && dataStreamOf(bad, "$Bad")?.dataSize
  const indexBlockSize = root && indexBlockSizeOf(root)
  return {
    clusterSize,
    recordSize,
    mftLcn,
    ...(mirrorLcn && { mirrorLcn }),
    ...(volumeSize && { clusterCount: Math.floor(volumeSize / clusterSize) }),
    ...(indexBlockSize && { indexBlockSize }),
    foundAt: at,
  }
}

/** Where the runs of $MFT go on in another record, its own place has to do. */
function clusterSizeOf(
  { runs, allocatedSize, isWhole }: NonNullable<ReturnType<typeof dataStreamOf>>,
  mftLcn: number,
  foundAt: number,
): number {
  const clusterCount = runs.reduce((sum, run) => sum + run.clusterCount, 0)
  return isWhole ? allocatedSize / clusterCount : foundAt / mftLcn
}

async function readRecord(
  source: ByteSource,
  at: number,
  signal: AbortSignal | undefined,
): Promise<FileRecord | undefined> {
  const { bytes } = await readBytes(source, at, Math.max(...RECORD_SIZES), signal)
  for (const size of RECORD_SIZES) {
    const record = bytes.length >= size ? openFileRecord(bytes.subarray(0, size)) : undefined
    if (record) return record
  }
  return undefined
}
