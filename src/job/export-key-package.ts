/** `manage-bde -KeyPackage`: the key package of one key protector as a file, for the day on which the metadata are gone. */
import { join } from "node:path"
import { createContext } from "./context.ts"
import { keyPackageName } from "./key-package-words.ts"
import { openInput, type OpenInput } from "./open-input.ts"
import { openVolume } from "./open-volume.ts"
import { packKeys } from "./pack-keys.ts"
import { savePrivateFile } from "./private-file.ts"
import { unlockOne } from "./reach-plan.ts"
import type { OpenedBy, SourceReport, VolumeReport } from "./reports.ts"
import type { CheckRequest, JobContext, JobShell } from "./requests.ts"
import { lacksVmk, requireMetadata } from "./unlock.ts"

export interface KeyPackageRequest extends CheckRequest {
  /** GUID of the key protector, upper case, without braces. */
  readonly protectorId: string
  /** Where the file goes, under the name that Windows gives it. */
  readonly folder: string
}

export interface KeyPackageReport {
  readonly source: SourceReport
  readonly volume: VolumeReport
  readonly openedBy: OpenedBy
  readonly protectorId: string
  readonly path: string
  /** Bytes. */
  readonly size: number
}

/** @throws every class of error: no file was written then */
export async function exportKeyPackage(
  request: KeyPackageRequest,
  shell: JobShell = {},
): Promise<KeyPackageReport> {
  const context = createContext(shell)
  const { protectorId, folder } = request
  context.emit({ type: "phase", phase: "locate" })
  const input = await openInput(request.input, context, { scan: true })
  try {
    const volume = request.input.volume ?? (await volumeWith(protectorId, input, context))
    const chosen = { ...request, input: { ...request.input, ...(volume !== undefined && { volume }) } }
    const { found, report, unlocked, openedBy } = await unlockOne(input, chosen, context)
    const vmk = unlocked.keys?.vmk
    if (!vmk) throw lacksVmk()
    const metadata = unlocked.metadata ?? requireMetadata(found)
    const bytes = await packKeys({ volume: found, metadata, vmk }, protectorId, context.crypto)
    const path = join(folder, keyPackageName(protectorId))
    await savePrivateFile(path, bytes, request.input.path)
    return { source: input.report, volume: report, openedBy, protectorId, path, size: bytes.length }
  } finally {
    await input.source.close()
  }
}

/** Of several volumes the one that has the key protector: its ID says which is meant. */
async function volumeWith(
  protectorId: string,
  input: OpenInput,
  { signal }: JobContext,
): Promise<number | undefined> {
  if (input.places.length === 1) return undefined
  for (const [i, place] of input.places.entries()) {
    const { reconciled } = await openVolume(input, place, i + 1, signal)
    if (reconciled.material.protectors.some(({ id }) => id === protectorId)) return i + 1
  }
  return undefined
}
