/** The step from keys to a plan: how each part of the volume is stored, with the findings that led to it. */
import { UsageError } from "../errors.ts"
import { type Extent, endOf, extent, hexRange } from "../extents/extent.ts"
import type { Finding } from "../findings.ts"
import type { VolumeKeys } from "../fve/index.ts"
import type { SectorCipher } from "../crypto/sector-cipher.ts"
import { type EowTrace, type VolumePlace, startOf } from "../locate/index.ts"
import { type OriginalBoot, findOriginalBoot } from "../repair/index.ts"
import {
  type ConversionQuestion,
  type EowPlaces,
  type StorageDoubt,
  type VolumePlan,
  isStoredEncrypted,
  plainView,
  planVolume,
  storedAt,
  surveyConversion,
} from "../volume/index.ts"
import { fullSizeOf } from "./describe-volume.ts"
import { completeHead } from "./head-from-backup.ts"
import { type OpenVolume, type VolumeMetadata, bootSectorOf } from "./open-volume.ts"
import type { PlanStore } from "./plan-store.ts"
import type { PlanReport } from "./reports.ts"
import type { JobContext } from "./requests.ts"

export interface PlanStep {
  readonly plan: VolumePlan
  readonly cipher?: SectorCipher
  /** Absent when the plan was read from a file: it has the result. */
  readonly originalBoot?: OriginalBoot
  readonly findings: readonly Finding[]
}

export interface PlanOptions {
  /** A cut volume is planned in its own size, its missing tail as unreadable. */
  readonly fullSize?: boolean
  /** Where a plan of an earlier run may be. */
  readonly plans?: PlanStore | undefined
}

export async function makePlan(
  volume: OpenVolume,
  metadata: VolumeMetadata,
  keys: VolumeKeys | undefined,
  context: JobContext,
  { fullSize = false, plans }: PlanOptions = {},
): Promise<PlanStep> {
  const { source } = volume
  const { facts, sectorSize } = metadata
  const { crypto, emit, signal } = context
  const cipher = keys && crypto.createSectorCipher(keys.method, keys.fvek.reveal(), sectorSize)
  const size = (fullSize ? fullSizeOf(volume) : undefined) ?? source.size
  const saved = await plans?.load(volume, metadata, size)
  if (saved && saved.plan.method === cipher?.method) return { ...saved, ...(cipher && { cipher }) }
  const onProgress = (done: number, total: number): void =>
    emit({ type: "progress", phase: "plan", done, total, unreadable: 0 })
  const question = conversionQuestion(volume, metadata)
  const evidence = await surveyConversion({ ...question, ...(cipher && { cipher }), onProgress }, signal)
  const view = plainView(source, planVolume(evidence.facts), cipher)
  const found = await findOriginalBoot({
    view,
    source,
    sectorSize,
    headLength: facts.headBackup?.length ?? sectorSize,
    headBackup: facts.headBackup,
    hiddenSectorCount: question.boot.hiddenSectorCount,
    signal,
    onProgress,
  })
  const original = await completeHead(found, { volume, metadata, view, cipher })
  // Beside a boot sector that is there, zeros in the head are what an SSD trimmed: decrypted as anywhere else.
  const isHeadLost = original.state !== "intact"
  const plan = planVolume({
    ...evidence.facts,
    size,
    ...(isHeadLost && { lost: original.lost }),
    substitutions: [...evidence.facts.substitutions, ...original.substitutions],
  })
  const findings = [...evidence.findings, ...original.findings]
  return { plan, ...(cipher && { cipher }), originalBoot: original, findings }
}

/** All that is asked of how the volume is stored, before there is a key. */
export function conversionQuestion(
  { source, place }: OpenVolume,
  metadata: VolumeMetadata,
): ConversionQuestion {
  const { boot, isItsOwn } = bootSectorOf(place, metadata)
  return {
    source,
    ...(place.missingHead && { missingHead: place.missingHead }),
    facts: metadata.facts,
    boot,
    sectorSize: metadata.sectorSize,
    doubts: storageDoubts(isItsOwn, metadata),
    found: eowPlacesOf(place),
  }
}

/** What of the volume's account of itself is no more than a guess. */
function storageDoubts(hasBootSector: boolean, { account }: VolumeMetadata): StorageDoubt[] {
  const isStateDoubtful = account.doubts.some(({ field }) => field === "conversion")
  return [...(hasBootSector ? [] : ["layout" as const]), ...(isStateDoubtful ? ["state" as const] : [])]
}

/** What a search met of encrypt-on-write, in bytes from the start of the volume. */
function eowPlacesOf(place: VolumePlace): EowPlaces {
  const start = startOf(place)
  const placesOf = (kind: EowTrace["kind"]): number[] =>
    place.traces.eow.filter((trace) => trace.kind === kind).map(({ at }) => at - start)
  return { infos: placesOf("eow-info"), bitmaps: placesOf("eow-bitmap"), logs: placesOf("conversion-log") }
}

/** @throws UsageError when the range does not lie in the volume */
export function chooseExtent(plan: VolumePlan, range: Extent | undefined): Extent {
  if (!range) return extent(0, plan.size)
  if (range.length > 0 && endOf(range) <= plan.size) return range
  throw new UsageError("range-outside-volume", `the range ${hexRange(range)} is not inside the volume`, {
    next: [`give a range within ${hexRange(extent(0, plan.size))}`],
    data: { start: range.start, length: range.length, size: plan.size },
  })
}

export function describePlan({ size, sectorSize, runs }: VolumePlan): PlanReport {
  const bytes: Record<string, number> = {}
  for (const { kind, extent } of runs) bytes[kind] = (bytes[kind] ?? 0) + extent.length
  return {
    size,
    sectorSize,
    runs: runs.map((run) => ({
      kind: run.kind,
      ...run.extent,
      ...(run.kind === "relocated" && { from: storedAt(run)!, stored: run.stored }),
    })),
    bytes,
  }
}

/** What comes out of the cipher: a wrong key makes noise of it, and of nothing else. */
export function decryptedExtents(plan: VolumePlan): Extent[] {
  return plan.runs.filter(isStoredEncrypted).map(({ extent }) => extent)
}
