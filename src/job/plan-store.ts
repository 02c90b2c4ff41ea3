/**
 * A plan that was decided by trial, kept beside the output: looking at every sector takes as long as decrypting it, and what
 * was decided once is read again by the next run. It is believed only for the very volume that it was made for, and brings its
 * findings with it: what was doubtful stays doubtful.
 */
import { readFile, rename, writeFile } from "node:fs/promises"
import { toHex } from "../bytes/hex.ts"
import { alignDown } from "../extents/extent.ts"
import type { Finding } from "../findings.ts"
import { readBytes } from "../source/read-bytes.ts"
import { type VolumePlan, parsePlan, serializePlan } from "../volume/index.ts"
import type { OpenVolume, VolumeMetadata } from "./open-volume.ts"
import type { PlanStep } from "./plan-step.ts"
import type { JobContext } from "./requests.ts"

export interface PlanStore {
  readonly path: string
  /** `undefined` when none was kept for this volume. */
  load(volume: OpenVolume, metadata: VolumeMetadata, size: number): Promise<SavedPlan | undefined>
  /** @returns whether the plan is one that is kept, and now is */
  save(volume: OpenVolume, metadata: VolumeMetadata, planned: PlanStep): Promise<boolean>
}

export interface SavedPlan {
  readonly plan: VolumePlan
  readonly findings: readonly Finding[]
}

/** @param output a file: a device and standard output have nothing beside them */
export function openPlanStore(output: string, { crypto, emit }: JobContext): PlanStore {
  const path = `${output}.plan.json`
  const isFresh = (text: string | undefined): boolean =>
    text === undefined || !("fault" in parsePlan(text, crypto))
  return {
    path,
    async load(volume, metadata, size) {
      const text = await readText(path)
      if (text === undefined) return undefined
      const parsed = parsePlan(text, crypto)
      const fault = "fault" in parsed ? parsed.fault : await misfit(parsed, volume, metadata, size, crypto)
      if (fault !== undefined || "fault" in parsed) {
        emit({
          type: "notice",
          code: "plan-not-used",
          text: `${path} ${fault}: what it says is decided afresh`,
        })
        return undefined
      }
      return { plan: parsed.plan, findings: [readAgain(path), ...parsed.decision!.findings] }
    },
    async save(volume, metadata, { plan, findings }) {
      if (!findings.some(({ code }) => code === DECIDED) || findings.some(({ code }) => code === READ_AGAIN))
        return false
      // Somebody else's file of that name is left alone.
      if (!isFresh(await readText(path))) return false
      const of = await fingerprint(volume, metadata, crypto)
      try {
        await writeFile(`${path}.new`, serializePlan(plan, crypto, { of, findings }))
        await rename(`${path}.new`, path)
        return true
      } catch (error) {
        // The output is what counts.
        const text = `${path} cannot be written, so that a later run decides again: ${(error as Error).message}`
        emit({ type: "notice", code: "plan-not-kept", text })
        return false
      }
    },
  }
}

const DECIDED = "storage-decided-by-trial"
const READ_AGAIN = "plan-read-again"

function readAgain(path: string): Finding {
  return {
    code: READ_AGAIN,
    severity: "notice",
    text: `how the volume is stored was decided by an earlier run, which kept it in ${path}`,
  }
}

async function misfit(
  { plan, decision }: Exclude<ReturnType<typeof parsePlan>, { readonly fault: string }>,
  volume: OpenVolume,
  metadata: VolumeMetadata,
  size: number,
  crypto: JobContext["crypto"],
): Promise<string | undefined> {
  const isOfSize = plan.size === size && plan.sectorSize === metadata.sectorSize
  const isOurs = decision && isOfSize && decision.of === (await fingerprint(volume, metadata, crypto))
  return isOurs ? undefined : "is the plan of another volume, or of another state of this one"
}

const SAMPLES = 64
const SAMPLE = 4096

/** What is stored, by samples and by the metadata as they were settled: it needs no key, and tells nothing of one. */
async function fingerprint(
  { source, place }: OpenVolume,
  { facts, block }: VolumeMetadata,
  { sha256 }: JobContext["crypto"],
): Promise<string> {
  const step = Math.max(SAMPLE, alignDown(Math.floor(source.size / SAMPLES), SAMPLE))
  const about = { start: place.extent.start, size: source.size, volumeId: facts.volumeId }
  const parts = [new TextEncoder().encode(JSON.stringify(about)), block?.bytes ?? new Uint8Array()]
  for (let at = 0; at < source.size; at += step) parts.push((await readBytes(source, at, SAMPLE)).bytes)
  return toHex(sha256(...parts))
}

/** What is not there, or cannot be read, is no plan; writing one will say why. */
async function readText(path: string): Promise<string | undefined> {
  return readFile(path, "utf8").catch(() => undefined)
}
