/**
 * The step from keys to a geometry that can be believed. What proven metadata say of the volume is believed; where nothing is
 * left of them, or they contradict themselves, the volume itself is asked: only the right sector size, start and place of the
 * head make something of its sectors.
 */
import { MetadataError } from "../errors.ts"
import { extentBetween } from "../extents/extent.ts"
import type { Finding } from "../findings.ts"
import type { VolumeFacts, VolumeKeys } from "../fve/index.ts"
import { type VolumePlace, startOf } from "../locate/index.ts"
import { readPartitionTables } from "../partition/index.ts"
import {
  type Account,
  type DoubtfulField,
  type FoundGeometry,
  type KnownGeometry,
  factsOfGeometry,
  geometryFindings,
  keysFit,
  searchGeometry,
} from "../repair/index.ts"
import type { ByteSource } from "../source/byte-source.ts"
import { type OpenInput, sliceOf } from "./open-input.ts"
import { type OpenVolume, type VolumeMetadata, bootSectorOf } from "./open-volume.ts"
import type { JobContext } from "./requests.ts"

export interface GeometryStep {
  readonly volume: OpenVolume
  readonly metadata: VolumeMetadata
  readonly findings: readonly Finding[]
}

/** The facts of each field whose doubts make wrong bytes; the conversion state is decided sector by sector in any case. */
const GEOMETRIC: Readonly<Partial<Record<DoubtfulField, readonly (keyof VolumeFacts)[]>>> = {
  version: ["version"],
  sectorSize: ["sectorSize"],
  headBackup: ["headBackup", "headSectorCount"],
  metadataOffsets: ["metadataOffsets"],
  areaSize: ["areaSize"],
  mftMirrorLcn: ["mftMirrorLcn"],
}

/** @throws MetadataError when the keys make nothing of the volume, or several geometries explain it equally well */
export async function settleGeometry(
  input: OpenInput,
  volume: OpenVolume,
  metadata: VolumeMetadata | undefined,
  keys: VolumeKeys,
  context: JobContext,
): Promise<GeometryStep> {
  const doubts = metadata?.account.doubts.filter(({ field }) => field in GEOMETRIC) ?? []
  if (metadata && doubts.length === 0) return { volume, metadata, findings: [] }
  const { emit, signal, crypto } = context
  const { isPlaceKnown, ...where } = await whereToSearch(input, volume, metadata)
  const found = await searchGeometry({
    ...where,
    readings: [keys],
    crypto,
    signal,
    onProgress: (done, total) => emit({ type: "progress", phase: "plan", done, total, unreadable: 0 }),
  })
  const [best, ...others] = found
  if (!best) throw nothingFits()
  if (others.length > 0) throw ambiguous(found)
  return applyGeometry(input, volume, metadata, best, isPlaceKnown)
}

/** Whether keys from elsewhere make anything of a volume that has lost its metadata: a look, where its place is known. */
export async function keysFitVolume(
  input: OpenInput,
  volume: OpenVolume,
  keys: VolumeKeys,
  { crypto, signal }: JobContext,
): Promise<boolean> {
  const { isPlaceKnown: _, ...where } = await whereToSearch(input, volume, undefined)
  return keysFit({ ...where, readings: [keys], crypto, signal })
}

async function whereToSearch(
  input: OpenInput,
  volume: OpenVolume,
  metadata: VolumeMetadata | undefined,
): Promise<{ source: ByteSource; known: KnownGeometry; isPlaceKnown: boolean }> {
  const { boot, traces } = volume.place
  const isPlaceKnown = metadata !== undefined || (boot ?? traces.boot ?? traces.toGoBackup) !== undefined
  return isPlaceKnown
    ? { source: volume.source, known: knownOf(volume, metadata), isPlaceKnown }
    : { source: input.source, known: { starts: await partitionStarts(input) }, isPlaceKnown }
}

/** What does not have to be searched for. */
export function knownOf({ source, place }: OpenVolume, metadata: VolumeMetadata | undefined): KnownGeometry {
  const isSure = (field: DoubtfulField): boolean =>
    metadata !== undefined && !metadata.account.doubts.some((doubt) => doubt.field === field)
  const { facts } = metadata ?? {}
  const { boot, isItsOwn } = bootSectorOf(place, metadata)
  const { layout } = boot
  // Without a boot sector, Windows 7 is what nothing speaks against; the others left structures of their own.
  const isLayoutKnown = isItsOwn || layout === "to-go" || layout === "eow"
  return {
    volumeStart: 0,
    volumeSize: source.size,
    ...(facts?.sectorSize && isSure("sectorSize") && { sectorSize: facts.sectorSize }),
    ...(facts?.headBackup && { headBackup: facts.headBackup.start }),
    metadataOffsets: isSure("metadataOffsets")
      ? facts!.metadataOffsets
      : [
          ...new Set([
            ...(facts?.metadataOffsets ?? place.metadataOffsets),
            ...(place.boot?.metadataOffsets ?? []),
          ]),
        ],
    ...(isLayoutKnown && { layout }),
  }
}

async function partitionStarts({ source }: OpenInput): Promise<number[]> {
  const tables = await readPartitionTables(source)
  return [0, ...tables.flatMap(({ partitions }) => partitions.map((partition) => partition.extent.start))]
}

function applyGeometry(
  input: OpenInput,
  volume: OpenVolume,
  metadata: VolumeMetadata | undefined,
  found: FoundGeometry,
  isPlaceKnown: boolean,
): GeometryStep {
  const { facts, boot, sectorSize } = factsOfGeometry(found)
  const place = isPlaceKnown ? volume.place : placeAt(found, input)
  const known = metadata?.facts
  const account: Account = {
    // What is beyond doubt is no question of the search; and the state is one that no search can answer.
    facts: known ? { ...known, ...onlyDoubted(facts, metadata.account.doubts) } : facts,
    doubts: metadata
      ? metadata.account.doubts.filter(({ field }) => !(field in GEOMETRIC))
      : [{ field: "conversion", candidates: [], text: "the conversion state is not known" }],
  }
  return {
    volume: { ...volume, ...sliceOf(input, place), place: { ...place, searched: boot } },
    metadata: {
      ...(metadata ?? { protectors: [], findings: [], reconciled: volume.reconciled }),
      facts: account.facts,
      sectorSize,
      account,
    },
    findings: geometryFindings(
      found,
      metadata?.account.doubts.map(({ field }) => field),
    ),
  }
}

/** What was not found takes nothing away. */
function onlyDoubted(found: VolumeFacts, doubts: Account["doubts"]): Partial<VolumeFacts> {
  const doubted = doubts.flatMap(({ field }) => GEOMETRIC[field] ?? [])
  return Object.fromEntries(
    doubted.flatMap((fact) => (found[fact] === undefined ? [] : [[fact, found[fact]]])),
  )
}

function placeAt({ volumeStart, volumeSize }: FoundGeometry, { source }: OpenInput): VolumePlace {
  const start = volumeStart.value
  const end = Math.min(source.size, start + volumeSize.value)
  const place: VolumePlace = {
    extent: extentBetween(Math.max(0, start), end),
    ...(start < 0 && { missingHead: -start }),
    ...(volumeSize.confidence === "assumed" && { isEndGuessed: true }),
    where: "the place where its sectors decrypt",
    metadataOffsets: [],
    eowOffsets: [],
    standing: "current",
    evidence: [volumeStart.evidence],
    traces: { copies: [], eow: [], strays: [] },
    otherStarts: [],
  }
  const missingTail = startOf(place) + volumeSize.value > source.size
  return missingTail ? { ...place, fullSize: volumeSize.value } : place
}

function nothingFits(): MetadataError {
  return new MetadataError(
    "geometry-not-found",
    "the keys open, but they make nothing of what is stored here",
    {
      next: [
        "check that the keys are those of this drive, and of its last encryption",
        "give the whole disk instead of a part of it, or say where the volume starts with --offset",
      ],
    },
  )
}

function ambiguous(found: readonly FoundGeometry[]): MetadataError {
  const places = found.map(
    ({ headBackup, sectorSize }) =>
      `head at ${headBackup?.value.start ?? "?"}, sectors of ${sectorSize.value}`,
  )
  return new MetadataError(
    "geometry-ambiguous",
    `what is stored here can be read in ${found.length} ways: ${places.join("; ")}`,
    {
      next: ["say where the volume starts with --offset, and how long it is with --size"],
      data: { places },
    },
  )
}
