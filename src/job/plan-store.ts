/**
 * A plan that was decided by trial, kept beside the output: looking at every sector takes as long as decrypting it, and what
 * was decided once is read again by the next run. It is believed only for the very volume that it was made for, and brings its
 * findings with it: what was doubtful stays doubtful.
 */
import { readFile, rename, stat, writeFile } from "node:fs/promises"
import { toHex } from "../bytes/hex.ts"
import { alignDown } from "../extents/extent.ts"
import type { Finding } from "../findings.ts"
import { readBytes } from "../source/read-bytes.ts"
import { type VolumePlan, isPlanFile, parsePlan, serializePlan, surveyStorage } from "../volume/index.ts"
import type { OpenVolume, VolumeMetadata } from "./open-volume.ts"
import { type PlanStep, conversionQuestion } from "./plan-step.ts"
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
  return {
    path,
    async load(volume, metadata, size) {
      const text = await readKept(path)
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
      try {
        const text = serializePlan(plan, crypto, {
          of: await fingerprint(volume, metadata, crypto),
          findings,
        })
        return await replace(path, text)
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

const SAMPLES = 512
const SAMPLE = 4096

/**
 * What is stored, by samples, by the metadata as they were settled, and by what the structures of a conversion say: where they
 * say more or less than they did, what had to be tried is another thing. It needs no key, and tells nothing of one.
 */
async function fingerprint(
  volume: OpenVolume,
  metadata: VolumeMetadata,
  { sha256 }: JobContext["crypto"],
): Promise<string> {
  const { source, place } = volume
  const { facts, block } = metadata
  const step = Math.max(SAMPLE, alignDown(Math.floor(source.size / SAMPLES), SAMPLE))
  const { plain, undecided, zeroed } = await surveyStorage(conversionQuestion(volume, metadata))
  const about = { start: place.extent.start, size: source.size, volumeId: facts.volumeId }
  const told = JSON.stringify({ ...about, plain, undecided, zeroed })
  const parts = [new TextEncoder().encode(told), block?.bytes ?? new Uint8Array()]
  for (let at = 0; at < source.size; at += step) parts.push((await readBytes(source, at, SAMPLE)).bytes)
  return toHex(sha256(...parts))
}

/** A plan of the most runs takes some 10 MB. */
const MOST_BYTES = 64 << 20

/** `undefined` when nothing is there. What cannot be a plan comes as an empty text: it is somebody else's. */
async function readKept(path: string): Promise<string | undefined> {
  try {
    const facts = await stat(path)
    return facts.isFile() && facts.size <= MOST_BYTES ? await readFile(path, "utf8") : ""
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "ENOENT" ? undefined : ""
  }
}

/** Never what somebody else put there, who knows whether it is a drive's image. @returns whether it was written */
async function replace(path: string, text: string): Promise<boolean> {
  const before = await readKept(path)
  if (before !== undefined && !isPlanFile(before)) return false
  const aside = `${path}.${process.pid}.new`
  await writeFile(aside, text, { flag: "wx" })
  await rename(aside, path)
  return true
}
