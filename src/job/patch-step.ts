/** The step from an open volume to its patch: everything that the plan needs is read, and what forbids it is looked at. */
import type { Finding } from "../findings.ts"
import {
  type BootLayout,
  ConversionState,
  type Patch,
  type PatchIdentity,
  type VolumeFacts,
  type VolumeKeys,
  parseEowInfo,
} from "../fve/index.ts"
import { startOf } from "../locate/index.ts"
import { unreadablePlaces } from "../patch/index.ts"
import {
  FRONT_SECTORS,
  type StoredSector,
  type VolumeToPatch,
  planPatch,
  planStructures,
  storedSector,
  surveySectors,
} from "../repair/index.ts"
import { type ByteSource, readBytes } from "../source/index.ts"
import { type VolumePlan, plainView } from "../volume/index.ts"
import type { OpenInput } from "./open-input.ts"
import { type OpenVolume, type VolumeMetadata, bootSectorOf } from "./open-volume.ts"
import { completeMetadata, metadataArea } from "./patch-metadata.ts"
import { refuseDoubts } from "./patch-refusals.ts"
import type { PlanStep } from "./plan-step.ts"
import type { JobContext } from "./requests.ts"

export interface PatchQuestion {
  readonly input: OpenInput
  readonly volume: OpenVolume
  readonly metadata: VolumeMetadata
  /** Absent when nothing is encrypted, and where no key was needed or given. */
  readonly keys?: VolumeKeys
  /** With the keys. */
  readonly planned?: PlanStep
}

export interface PatchStep {
  readonly patch: Patch
  /** What stays lost, and what was made anew. */
  readonly findings: readonly Finding[]
}

/** @throws MetadataError, UnsupportedError, SourceError for what must not be repaired in place */
export async function makePatch(asked: PatchQuestion, context: JobContext): Promise<PatchStep> {
  const question = { ...asked, metadata: completeMetadata(asked, context) }
  await refuseDoubts(question)
  const { area, findings: ofMetadata } = metadataArea(question, context)
  const identity = identityOf(question)
  const { structures, findings } = planStructures(await surveyVolume(question, area, context), identity)
  const { source } = question.input
  const found = await surveySectors(source, structures, identity.volumeOffset, context.signal)
  const { patch, unreadable } = planPatch(identity, structures, found)
  if (unreadable.length > 0) throw unreadablePlaces(unreadable)
  return { patch, findings: [...ofMetadata, ...findings] }
}

function identityOf({ input, volume, metadata }: PatchQuestion): PatchIdentity {
  const { protectors, reconciled, facts } = metadata
  // Where no metadata is left, the key protectors are those of the key package.
  const known = protectors.length > 0 ? protectors : reconciled.material.protectors
  return {
    volumeId: facts.volumeId,
    keyIds: [...new Set(known.map(({ id }) => id))],
    sourceSize: input.source.size,
    sectorSize: input.source.sectorSize,
    volumeOffset: startOf(volume.place),
  }
}

async function surveyVolume(
  question: PatchQuestion,
  area: Uint8Array,
  { signal }: JobContext,
): Promise<VolumeToPatch> {
  const { volume, metadata, input } = question
  const { source, place } = volume
  const { facts, sectorSize } = metadata
  const eow = await readEowInfo(source, place.eowOffsets, signal)
  const { original, lost } = await surveyHead(question)
  const front = await readBytes(source, 0, FRONT_SECTORS * sectorSize, signal)
  const last = await readBytes(source, source.size - sectorSize, sectorSize, signal)
  return {
    boot: {
      ...{ layout: bootSectorOf(place, metadata).boot.layout, facts, sectorSize },
      ...{ front: front.bytes, last: last.bytes },
      ...(original && { original }),
      eowOffsets: eow?.offsets ?? [],
      hiddenSectorCount: Math.floor(startOf(place) / input.source.sectorSize),
    },
    area,
    copies: volume.copies.map(({ copy }) => copy),
    ...(eow && { eowInfo: eow.bytes }),
    head: lost,
  }
}

/** The first information block that is intact, and where both of its copies belong. */
async function readEowInfo(
  source: ByteSource,
  offsets: readonly number[],
  signal: AbortSignal,
): Promise<{ bytes: Uint8Array; offsets: readonly number[] } | undefined> {
  for (const at of offsets) {
    const { bytes } = await readBytes(source, at, MOST_EOW_INFO, signal)
    const info = parseEowInfo(bytes)
    if (info?.crc === "right") return { bytes: bytes.slice(0, info.header.size), offsets: info.copyOffsets }
  }
  return undefined
}

/** Its size field has 16 bits. */
const MOST_EOW_INFO = 0x10000

interface HeadSurvey {
  /** The boot sector of the plaintext volume. */
  readonly original?: Uint8Array
  /** What of the backup is lost and known from elsewhere. */
  readonly lost: readonly StoredSector[]
}

async function surveyHead({ volume, metadata, planned }: PatchQuestion): Promise<HeadSurvey> {
  if (!planned?.originalBoot || planned.originalBoot.state === "lost") return { lost: [] }
  const { plan, cipher, originalBoot } = planned
  const { sectorSize, facts } = metadata
  const view = plainView(volume.source, plan, cipher)
  const { bytes: original, unreadable } = await readBytes(view, 0, sectorSize)
  if (unreadable.length > 0) return { lost: [] }
  const stored = headStorage(plan, facts, bootSectorOf(volume.place, metadata).boot.layout)
  if (originalBoot.state === "intact" || !facts.headBackup || !stored) return { original, lost: [] }
  const { start } = facts.headBackup
  const sectors = originalBoot.substitutions.map(({ at, bytes }) =>
    storedSector(bytes, start + at, stored === "encrypted" ? cipher : undefined),
  )
  return { original, lost: sectors }
}

/** As the rest of the head is; where nothing is left of it, as all of a volume that is encrypted from end to end. */
function headStorage(
  { runs }: VolumePlan,
  { state }: VolumeFacts,
  layout: BootLayout,
): "plain" | "encrypted" | undefined {
  const rest = runs.find(({ kind }) => kind === "relocated")
  if (rest?.kind === "relocated") return rest.stored
  return state === ConversionState.encrypted && layout !== "eow" ? "encrypted" : undefined
}
