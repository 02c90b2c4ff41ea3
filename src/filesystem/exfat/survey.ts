/**
 * The skeleton of an exFAT volume: the table, the allocation bitmap and the root folder. The folders below are walked from
 * there, and what is entered in them gives the heads of files.
 */
import { type Extent, extent, intersect, mergeExtents } from "../../extents/extent.ts"
import type { ByteSource } from "../../source/byte-source.ts"
import { cachedSource } from "../../source/cached.ts"
import { readBytes } from "../../source/read-bytes.ts"
import { type FatTable, fatEntry } from "../fat/table.ts"
import { HEAD_LENGTH, type HeadPlace, MOST_HEADS, hasKnownHead, judgeHeads } from "../file-heads.ts"
import { type Judgement, type Region, type Skeleton, type Structure, judgePart } from "../skeleton.ts"
import type { ExfatGeometry } from "./boot-region.ts"
import { type ExfatEntry, bitmapIn, entriesOf, isFolder } from "./directory.ts"

/** Clusters of folders. */
const MOST_FOLDER_CLUSTERS = 1024
const MOST_CLUSTERS_OF_FOLDER = 64
/** A cluster may be 32 MiB; a folder begins at its start. */
const FOLDER_BYTES = 16384

interface Volume {
  readonly source: ByteSource
  readonly geometry: ExfatGeometry
  readonly table: FatTable
}

export async function surveyExfat(source: ByteSource, geometry: ExfatGeometry): Promise<Skeleton> {
  const cached = cachedSource(source)
  const [fatAt = 0] = geometry.fatsAt
  const table: FatTable = { at: fatAt, bits: 32, clusterCount: geometry.clusterCount }
  const volume = { source: cached, geometry, table }
  const root = extent(geometry.rootAt, Math.min(geometry.clusterSize, FOLDER_BYTES))
  const bitmap = bitmapIn((await readBytes(cached, root.start, root.length)).bytes)
  const bitmapAt = bitmap && clusterAt(volume, bitmap.firstCluster)
  const structures = [
    extent(0, geometry.sectorSize),
    ...geometry.fatsAt.map((at) => extent(at, geometry.fatLength)),
    root,
    ...(bitmap && bitmapAt !== undefined ? [extent(bitmapAt, bitmap.length)] : []),
  ]
  return {
    extents: mergeExtents(structures.map((e) => intersect(e, extent(0, source.size)))),
    condition: { dirty: geometry.isDirty },
    judge: () => judgeStructures(volume),
    async isFree(at) {
      const cluster = Math.floor((at - geometry.clustersAt) / geometry.clusterSize)
      if (cluster < 0 || cluster >= geometry.clusterCount) return false
      if (!bitmap || bitmapAt === undefined) return undefined
      const { bytes, unreadable } = await readBytes(cached, bitmapAt + Math.floor(cluster / 8), 1)
      if (bytes.length === 0 || unreadable.length > 0) return undefined
      return (bytes[0]! & (1 << (cluster % 8))) === 0
    },
  }
}

async function judgeStructures(volume: Volume): Promise<Judgement> {
  const structures: Structure[] = []
  const heads: HeadPlace[] = []
  for await (const { place, outcome, entries } of foldersOf(volume)) {
    structures.push({ region: "folders", outcome, ...place })
    heads.push(...entries.flatMap((entry) => headOf(volume, entry)))
  }
  const sampled: Region[] = structures.length >= MOST_FOLDER_CLUSTERS ? ["folders", "file-heads"] : []
  if (heads.length > MOST_HEADS) sampled.push("file-heads")
  structures.push(...(await judgeHeads(volume.source, heads)))
  return { structures, sampled: new Set(sampled) }
}

/** None of a folder, of an empty file, and where the name does not say how the file begins. */
function headOf(volume: Volume, { name, isFolder, firstCluster, size }: ExfatEntry): HeadPlace[] {
  const at = clusterAt(volume, firstCluster)
  if (isFolder || size === 0 || at === undefined || !hasKnownHead(name)) return []
  return [{ name, ...extent(at, Math.min(HEAD_LENGTH, size, volume.geometry.clusterSize)) }]
}

/** From the root on, breadth first, each folder cluster by cluster. */
async function* foldersOf(volume: Volume) {
  const { geometry, source } = volume
  const waiting: Pick<ExfatEntry, "firstCluster" | "size" | "isContiguous">[] = [
    { firstCluster: geometry.rootCluster, size: Infinity, isContiguous: false },
  ]
  const seen = new Set<number>()
  while (waiting.length > 0 && seen.size < MOST_FOLDER_CLUSTERS) {
    const { firstCluster, size, isContiguous } = waiting.shift()!
    const clusterCount = Math.min(MOST_CLUSTERS_OF_FOLDER, Math.ceil(size / geometry.clusterSize))
    let cluster = firstCluster
    for (let i = 0; i < clusterCount && !seen.has(cluster); i++) {
      const at = clusterAt(volume, cluster)
      if (at === undefined) break
      seen.add(cluster)
      yield* visit(extent(at, Math.min(geometry.clusterSize, FOLDER_BYTES)))
      cluster = isContiguous ? cluster + 1 : ((await fatEntry(source, volume.table, cluster)) ?? 0)
    }
  }

  async function* visit(place: Extent) {
    const read = await readBytes(source, place.start, place.length)
    const outcome = judgePart(read, place.start, place, isFolder)
    // A cluster of zeros is an empty folder, or the unused end of one.
    if (outcome === "zeros") return
    const entries = outcome === "right" ? entriesOf(read.bytes) : []
    waiting.push(...entries.filter((entry) => entry.isFolder))
    yield { place, outcome, entries }
  }
}

function clusterAt({ geometry }: Volume, cluster: number): number | undefined {
  if (cluster < 2 || cluster >= geometry.clusterCount + 2) return undefined
  return geometry.clustersAt + (cluster - 2) * geometry.clusterSize
}
