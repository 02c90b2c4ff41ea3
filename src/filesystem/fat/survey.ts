/**
 * The skeleton of a FAT volume: the tables and the root folder. The folders below are walked by the table, and what is
 * entered there gives the heads of files.
 */
import { type Extent, extent, intersect, mergeExtents } from "../../extents/extent.ts"
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
} from "../skeleton.ts"
import type { FatGeometry } from "./boot-sector.ts"
import { type FatEntry, entriesOf, isFolder } from "./directory.ts"
import { type FatTable, fatEntry, isFatSector } from "./table.ts"

const SECTOR = 512
const MOST_FAT_SECTORS = 256
/** Clusters of folders. */
const MOST_FOLDER_CLUSTERS = 1024
const MOST_CLUSTERS_OF_FOLDER = 64
/** A cluster may be 64 KiB; a folder begins at its start. */
const FOLDER_BYTES = 16384

/** Bits of FAT[1] that a clean shutdown sets (Microsoft, section 4.2); FAT12 has none. */
const CLEAN = { 12: 0, 16: 0x8000, 32: 0x0800_0000 } as const

interface Volume {
  readonly source: ByteSource
  readonly geometry: FatGeometry
  readonly table: FatTable
}

export async function surveyFat(source: ByteSource, geometry: FatGeometry): Promise<Skeleton> {
  const [fatAt = 0] = geometry.fatsAt
  const table: FatTable = { at: fatAt, bits: geometry.bits, clusterCount: geometry.clusterCount }
  const cached = cachedSource(source)
  const volume = { source: cached, geometry, table }
  const structures = [
    extent(0, geometry.sectorSize),
    ...geometry.fatsAt.map((at) => extent(at, geometry.fatLength)),
    extent(geometry.rootAt, geometry.rootLength),
  ]
  const state = await fatEntry(cached, table, 1)
  const clean = CLEAN[geometry.bits]
  return {
    extents: mergeExtents(structures.map((e) => intersect(e, extent(0, source.size)))),
    condition: state !== undefined && clean !== 0 ? { dirty: (state & clean) === 0 } : {},
    judge: () => judgeStructures(volume),
    async isFree(at) {
      const cluster = 2 + Math.floor((at - geometry.clustersAt) / geometry.clusterSize)
      if (cluster < 2 || cluster >= geometry.clusterCount + 2) return false
      const entry = await fatEntry(cached, table, cluster)
      return entry === undefined ? undefined : (entry & 0x0fff_ffff) === 0
    },
  }
}

async function judgeStructures(volume: Volume): Promise<Judgement> {
  const structures = await judgeTables(volume)
  const heads: HeadPlace[] = []
  let clusterCount = 0
  for await (const { place, outcome, entries } of foldersOf(volume)) {
    structures.push({ region: "folders", outcome, ...place })
    heads.push(...entries.flatMap((entry) => headOf(volume, entry)))
    clusterCount++
  }
  structures.push(...(await judgeHeads(volume.source, heads)))
  const sampled: Region[] = clusterCount >= MOST_FOLDER_CLUSTERS ? ["folders", "file-heads"] : []
  if (volume.geometry.fatLength / SECTOR > MOST_FAT_SECTORS) sampled.push("allocation")
  if (heads.length > MOST_HEADS) sampled.push("file-heads")
  return { structures, sampled: new Set(sampled) }
}

/** None of a folder, of an empty file, and where the name does not say how the file begins. */
function headOf(volume: Volume, { name, isFolder, firstCluster, size }: FatEntry): HeadPlace[] {
  const at = clusterAt(volume, firstCluster)
  if (isFolder || size === 0 || at === undefined || !hasKnownHead(name)) return []
  return [{ name, ...extent(at, Math.min(HEAD_LENGTH, size, volume.geometry.clusterSize)) }]
}

/** Zeros are free clusters there, and say nothing. */
async function judgeTables({ source, geometry, table }: Volume): Promise<Structure[]> {
  const structures: Structure[] = []
  for (const fatAt of geometry.fatsAt) {
    for (const i of spread(Math.floor(geometry.fatLength / SECTOR), MOST_FAT_SECTORS)) {
      const place = extent(fatAt + i * SECTOR, SECTOR)
      const outcome = await judgeAt(source, place, (sector) => isFatSector(sector, table))
      if (outcome !== "zeros") structures.push({ region: "allocation", outcome, ...place })
    }
  }
  return structures
}

/** From the root on, breadth first, each folder cluster by cluster. An empty one is zeros behind its two dots. */
async function* foldersOf(volume: Volume) {
  const { geometry, source } = volume
  const isFixed = geometry.bits !== 32
  const root = 2 + Math.floor((geometry.rootAt - geometry.clustersAt) / geometry.clusterSize)
  const waiting: number[] = isFixed ? [] : [root]
  const seen = new Set<number>()
  if (isFixed) yield* visit(extent(geometry.rootAt, Math.min(geometry.rootLength, FOLDER_BYTES)))
  while (waiting.length > 0 && seen.size < MOST_FOLDER_CLUSTERS) {
    const first = waiting.shift()!
    let cluster = first
    for (let i = 0; i < MOST_CLUSTERS_OF_FOLDER && !seen.has(cluster); i++) {
      const at = clusterAt(volume, cluster)
      if (at === undefined) break
      seen.add(cluster)
      yield* visit(extent(at, Math.min(geometry.clusterSize, FOLDER_BYTES)))
      cluster = ((await fatEntry(source, volume.table, cluster)) ?? 0) & 0x0fff_ffff
    }
  }

  async function* visit(place: Extent) {
    const read = await readBytes(source, place.start, place.length)
    const outcome = judgePart(read, place.start, place, isFolder)
    // A cluster of zeros is the unused end of a folder.
    if (outcome === "zeros") return
    const entries = outcome === "right" ? entriesOf(read.bytes) : []
    waiting.push(...entries.filter((entry) => entry.isFolder).map((entry) => entry.firstCluster))
    yield { place, outcome, entries }
  }
}

function clusterAt({ geometry }: Volume, cluster: number): number | undefined {
  if (cluster < 2 || cluster >= geometry.clusterCount + 2) return undefined
  return geometry.clustersAt + (cluster - 2) * geometry.clusterSize
}
