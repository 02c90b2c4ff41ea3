/**
 * Volumes of which no metadata block, but some of its datums are left: the first sectors of all copies are gone. The same
 * datum stands at the same distance in each copy, which tells how far apart the copies are; the virtualization info of Windows
 * 8 and later tells where copy 1 is in the volume, since the head's backup lies right behind it.
 */
import { type Extent, alignDown, contains, endOf, extent, extentBetween, hex } from "../extents/extent.ts"
import { AREA_SIZE, DatasetHeader, type DatumTrace, InformationHeader } from "../fve/index.ts"
import type { Draft } from "./drafts.ts"
import type { Ground } from "./ground.ts"
import { CERTAIN_SUPPORT } from "./start-hypotheses.ts"

/** What was a metadata copy: datums near each other. */
type Cluster = readonly DatumTrace[]

const SECTOR = 512
const MIB = 1 << 20
const COPIES = 3
/** Datums begin behind both headers. */
const FIRST_DATUM = InformationHeader.size + DatasetHeader.size

export function draftsFromStrays(ground: Ground, drafts: readonly Draft[]): Draft[] {
  const isExplained = ({ at }: DatumTrace): boolean =>
    drafts.some((draft) => copyPlaces(draft).some((place) => contains(place, at)))
  const clusters = clusterDatums(ground.datums.filter((datum) => !isExplained(datum)))
  return groupCopies(clusters).map((copies) => draftFromCopies(copies, ground))
}

function copyPlaces({ start, generation, boot }: Draft): Extent[] {
  const named = [...(generation?.copyOffsets ?? []), ...(boot?.boot?.metadataOffsets ?? [])]
  return named.map((offset) => extent(start + offset, AREA_SIZE))
}

function clusterDatums(datums: readonly DatumTrace[]): Cluster[] {
  const clusters: DatumTrace[][] = []
  for (const datum of [...datums].sort((a, b) => a.at - b.at)) {
    const last = clusters.at(-1)
    const isNear = last && datum.at + datum.size <= last[0]!.at + AREA_SIZE
    if (isNear && !last.some(({ name }) => name === datum.name)) last.push(datum)
    else clusters.push([datum])
  }
  return clusters
}

/** Clusters that have a datum in common were copies of one metadata block. */
function groupCopies(clusters: readonly Cluster[]): Cluster[][] {
  const groups: Cluster[][] = []
  for (const cluster of clusters) {
    const group = groups.find(
      (group) => group.length < COPIES && group.some((other) => sharedDatum(cluster, other)),
    )
    if (group) group.push(cluster)
    else groups.push([cluster])
  }
  return groups
}

function sharedDatum(a: Cluster, b: Cluster): { inA: DatumTrace; inB: DatumTrace } | undefined {
  for (const inA of a) {
    const inB = b.find(({ name, role }) => name === inA.name && role === inA.role)
    if (inB) return { inA, inB }
  }
  return undefined
}

function draftFromCopies(copies: readonly Cluster[], ground: Ground): Draft {
  const list = copies.map(([first]) => hex(first!.at)).join(", ")
  const text = `datums of metadata copies whose headers are gone lie at ${list}`
  const known = { slots: [], otherStarts: [], remains: copies.flat().map(({ at }) => at) }
  for (const copy of copies) {
    const named = startByHeadBackup(copy, ground)
    if (!named) continue
    const guessedOffsets = placesOfCopies(copies, copy, named.copyAt).map((at) => at - named.start)
    const evidence = [text, `the place of the head's backup puts the start at ${hex(named.start)}`]
    return { ...known, start: named.start, support: CERTAIN_SUPPORT, evidence, guessedOffsets }
  }
  const start = enclosingStart(copies, ground)
  // Before the first datum come both headers, and rarely more than a sector of other datums.
  const copyAt = lastCopyStart(copies[0]!)
  const guessedOffsets = placesOfCopies(copies, copies[0]!, copyAt).map((at) => at - start)
  const evidence = [text, "where the volume starts is a guess: nothing that names it is left"]
  return { ...known, start, support: 0, evidence, guessedOffsets }
}

/**
 * Where copy 1 and the volume start, if this cluster was copy 1: the sector before its first datum from which the head's
 * backup, one area behind copy 1, gives a start where volumes start.
 */
function startByHeadBackup(
  copy: Cluster,
  { partitions }: Ground,
): { readonly start: number; readonly copyAt: number } | undefined {
  const info = copy.find(({ isExtended }) => isExtended)
  if (!info?.headBackup) return undefined
  const copyOffset = info.headBackup.start - AREA_SIZE
  const places = Array.from({ length: AREA_SIZE / SECTOR }, (_, i) => lastCopyStart(copy) - i * SECTOR)
    .filter((at) => at + AREA_SIZE > info.at)
    .map((copyAt) => ({ copyAt, start: copyAt - copyOffset }))
  return (
    places.find(({ start }) => partitions.has(start)) ??
    places.find(({ start }) => start === 0) ??
    places.find(({ start }) => start > 0 && start % MIB === 0)
  )
}

/** The other copies have the shared datum at the same distance from their start. */
function placesOfCopies(copies: readonly Cluster[], known: Cluster, knownAt: number): number[] {
  return copies
    .flatMap((copy) => {
      const shared = sharedDatum(copy, known)
      return shared ? [shared.inA.at - (shared.inB.at - knownAt)] : []
    })
    .sort((a, b) => a - b)
}

/** The partition around all of them that no boot sector or copy claims, or the start of the input. */
function enclosingStart(copies: readonly Cluster[], { partitions, boots }: Ground): number {
  const datums = copies.flat()
  const all = extentBetween(datums[0]!.at, Math.max(...datums.map(({ at, size }) => at + size)))
  const around = [...partitions.values()].find(
    ({ extent: e }) => e.start <= all.start && endOf(all) <= endOf(e) && !boots.has(e.start),
  )
  return around?.extent.start ?? 0
}

/** The last sector in which a copy with this first datum can start. */
function lastCopyStart([first]: Cluster): number {
  return alignDown(Math.max(0, first!.at - FIRST_DATUM), SECTOR)
}
