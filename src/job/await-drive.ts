/**
 * `--wait`: a drive that went away is looked for until it is back. It often has another name then, so it is known by what is
 * on it: its size, and the identifier of the volume in one of the metadata copies. A path says nothing.
 */
import { readdir } from "node:fs/promises"
import { setTimeout as pause } from "node:timers/promises"
import { surveyMetadata } from "../locate/index.ts"
import type { ByteSource, DriveSpec, SourceSpec } from "../source/byte-source.ts"
import { openSource, readBytes, resolveSource } from "../source/index.ts"
import type { OpenInput } from "./open-input.ts"
import type { OpenVolume } from "./open-volume.ts"
import type { JobContext } from "./requests.ts"

export interface LostDrive {
  readonly input: OpenInput
  readonly volume: OpenVolume
  /** Infinity: until somebody stops it. */
  readonly waitMs: number
}

const LOOK_MS = 1_000
/** A drive that takes longer to show one sector is not back. */
const LOOK_TIMEOUT_MS = 5_000
const LINUX_DEVICES = "/sys/class/block"

/** Where the volume is now; `undefined` when it did not come back in time, or cannot be known again. */
export async function awaitDrive(
  lost: LostDrive,
  error: unknown,
  { emit, signal }: JobContext,
): Promise<SourceSpec | undefined> {
  const { input, volume, waitMs } = lost
  const notice = (code: string, text: string): void => emit({ type: "notice", code, text })
  const { path } = input.report
  const reason = error instanceof Error ? error.message : String(error)
  const volumeId = volume.copies.find(({ copy }) => copy.block)?.copy.block?.dataset.header.id
  if (volumeId === undefined) {
    notice("drive-unknowable", `${reason}; nothing on it tells it apart, so nobody waits for it`)
    return undefined
  }
  const time = waitMs === Infinity ? "until it is back" : `${waitMs / 1000} s`
  notice("drive-awaited", `${reason}: waiting for it, ${time}; connect it again, under any name`)

  for (const end = performance.now() + waitMs; performance.now() < end && !signal.aborted;) {
    const looks = (await candidatePaths(path)).map((candidate) => lookAt(candidate, lost, volumeId, signal))
    // All at once: one of them may hang, and the old name often does.
    const drive = await Promise.any(looks).catch(() => undefined)
    if (drive) {
      notice("drive-back", `the drive is back as ${drive.path}: going on`)
      return onDrive(volume.spec, drive)
    }
    await pause(LOOK_MS, undefined, { signal }).catch(() => {})
  }
  return undefined
}

/** Every block device, the old name first. */
async function candidatePaths(path: string): Promise<string[]> {
  const names = await readdir(LINUX_DEVICES).catch(() => [])
  return [...new Set([path, ...names.map((name) => `/dev/${name}`)])]
}

/** @throws when it is another one */
async function lookAt(
  candidate: string,
  lost: LostDrive,
  volumeId: string,
  signal: AbortSignal,
): Promise<DriveSpec> {
  const drive = await resolveSource(candidate)
  if (await isSame(drive, lost, volumeId, signal)) return drive
  throw new Error(`${candidate} is another drive`)
}

/** Its size, sectors and volume identifier: of the copies that the volume had, one that can be read suffices. */
async function isSame(
  drive: DriveSpec,
  { input, volume }: LostDrive,
  volumeId: string,
  signal: AbortSignal,
): Promise<boolean> {
  const { spec } = input
  const sectorSizeOf = (s: DriveSpec): number => (s.kind === "device" ? s.sectorSize : 0)
  if (drive.kind !== spec.kind || drive.size !== spec.size || sectorSizeOf(drive) !== sectorSizeOf(spec))
    return false
  try {
    const options = { readTimeoutMs: LOOK_TIMEOUT_MS, signal }
    const source = await openSource(onDrive(volume.spec, drive), options)
    try {
      if (!(await answers(source, volume.place.metadataOffsets))) return false
      const copies = await surveyMetadata(source, volume.place.metadataOffsets)
      return copies.some(({ block }) => block?.dataset.header.id === volumeId)
    } finally {
      await source.close()
    }
  } catch {
    // It may be on its way in or out.
    return false
  }
}

/** The first sector of one of the copies can be read: of a drive that is still dead, nobody asks for all their sectors. */
async function answers(source: ByteSource, offsets: readonly number[]): Promise<boolean> {
  for (const at of offsets) {
    const { unreadable } = await readBytes(source, at, source.sectorSize)
    if (unreadable.length === 0) return true
  }
  return false
}

/** The same part of another drive. */
function onDrive(spec: SourceSpec, drive: DriveSpec): SourceSpec {
  return spec.kind === "slice" || spec.kind === "masked" ? { ...spec, of: onDrive(spec.of, drive) } : drive
}
