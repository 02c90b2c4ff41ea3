/**
 * `keys backup`: while a volume is well, everything that it is lost without, one file for each. Made of what is proven only: a
 * volume that is damaged already is to be repaired first, and is named. What fails on one volume does not stop the others.
 */
import { readFile } from "node:fs/promises"
import { join } from "node:path"
import { AppError, EXIT_DONE, EXIT_DONE_WITH_LOSSES, MetadataError, SinkError } from "../errors.ts"
import { formatRecoveryPassword, serializeStartupKey } from "../credential/index.ts"
import { Secret } from "../crypto/secret.ts"
import {
  type BackedUpProtector,
  type KeyBackup,
  keyPackageContents,
  parseKeyBackup,
  serializeKeyBackup,
  serializeKeyPackage,
} from "../fve/index.ts"
import { startOf } from "../locate/index.ts"
import { type RevealedProtector, revealProtectors } from "../unlock/index.ts"
import { backedUpStructures } from "./backup-structures.ts"
import { createContext } from "./context.ts"
import { describeVolume } from "./describe-volume.ts"
import { isPacked } from "./key-package-words.ts"
import { type OpenInput, choosePlace, openInput } from "./open-input.ts"
import { type OpenVolume, type VolumeMetadata, openVolume } from "./open-volume.ts"
import { packKeys } from "./pack-keys.ts"
import { savePrivateFile } from "./private-file.ts"
import type { VolumeReport } from "./reports.ts"
import type { CredentialInput, InputChoice, JobContext, JobShell } from "./requests.ts"
import { lacksVmk, nothingOpened, unlock } from "./unlock.ts"

export interface BackupRequest {
  readonly inputs: readonly InputChoice[]
  /** Each is tried on each volume. */
  readonly credentials: readonly CredentialInput[]
  readonly folder: string
  /** Only what opens nothing by itself: no credential is needed then. */
  readonly escrowOnly?: boolean
}

export interface VolumeBackupReport {
  readonly input: string
  readonly volume: VolumeReport
  readonly path: string
  /** Key IDs of the key protectors with a key package in the file, and of those with their credential in it. */
  readonly packed: readonly string[]
  readonly revealed: readonly string[]
}

export interface BackupFailure {
  readonly input: string
  /** Absent when not even the input could be opened. */
  readonly volume?: number
  readonly code: string
  readonly message: string
  readonly next: readonly string[]
}

export interface BackupReport {
  readonly backups: readonly VolumeBackupReport[]
  readonly failures: readonly BackupFailure[]
  readonly exitCode: number
}

/** @throws the first failure when nothing could be backed up */
export async function backupKeys(request: BackupRequest, shell: JobShell = {}): Promise<BackupReport> {
  const context = createContext(shell)
  const backups: VolumeBackupReport[] = []
  const failures: BackupFailure[] = []
  let firstError: AppError | undefined
  const attempt = async (where: Pick<BackupFailure, "input" | "volume">, act: () => Promise<void>) => {
    try {
      await act()
    } catch (error) {
      if (!(error instanceof AppError) || context.signal.aborted) throw error
      const { code, message, next } = error
      failures.push({ ...where, code, message, next })
      firstError ??= error
    }
  }
  for (const choice of request.inputs) {
    const { path } = choice
    await attempt({ input: path }, async () => {
      const input = await openInput(choice, context)
      try {
        for (const index of chosenVolumes(input, choice)) {
          await attempt({ input: path, volume: index }, async () => {
            backups.push(await backUp(input, index, request, context))
          })
        }
      } finally {
        await input.source.close()
      }
    })
  }
  if (firstError && backups.length === 0) throw firstError
  return {
    backups,
    failures,
    exitCode: failures.length > 0 ? EXIT_DONE_WITH_LOSSES : EXIT_DONE,
  }
}

/** All that are the input's own: what lies inside another volume, or was there before it, has its own drive. */
function chosenVolumes({ places }: OpenInput, { volume }: InputChoice): number[] {
  if (volume !== undefined) return [choosePlace(places, volume).index]
  return places.flatMap(({ standing }, i) => (standing === "current" ? [i + 1] : []))
}

async function backUp(
  input: OpenInput,
  index: number,
  request: BackupRequest,
  context: JobContext,
): Promise<VolumeBackupReport> {
  const { crypto, signal } = context
  const volume = await openVolume(input, input.places[index - 1]!, index, signal)
  const report = await describeVolume(volume, signal)
  const { metadata, place } = volume
  if (!metadata?.block || !place.boot || volume.reconciled.proof !== "crc") throw damaged(volume)
  const vmk = request.escrowOnly ? undefined : await unlockVmk(volume, metadata, request, context)
  const protectors = await backedUpProtectors({ volume, metadata }, vmk, context)
  for (const { recoveryPassword, startupKey } of protectors) {
    if (recoveryPassword) context.remember?.(recoveryPassword)
    if (startupKey) context.remember?.(startupKey)
  }
  const { facts, sectorSize } = metadata
  const backup: KeyBackup = {
    created: new Date(),
    input: input.report.path,
    sourceSize: input.source.size,
    volume: {
      id: facts.volumeId,
      offset: startOf(place),
      size: place.extent.length,
      sectorSize,
      ...(facts.description && { description: facts.description }),
    },
    protectors,
    structures: await backedUpStructures(input, volume, metadata, signal),
  }
  const path = join(request.folder, `BitLocker Key Backup {${facts.volumeId}}.bdebackup`)
  const bytes = serializeKeyBackup(backup, crypto.sha256)
  await savePrivateFile(path, bytes, input.report.path)
  if (typeof parseKeyBackup(await readFile(path), crypto.sha256) === "string") throw readsBackWrong(path)
  const idsWith = (name: "keyPackage" | "recoveryPassword" | "startupKey"): string[] =>
    protectors.filter((protector) => protector[name]).map(({ id }) => id)
  return {
    input: input.report.path,
    volume: report,
    path,
    packed: idsWith("keyPackage"),
    revealed: [...idsWith("recoveryPassword"), ...idsWith("startupKey")],
  }
}

async function unlockVmk(
  volume: OpenVolume,
  metadata: VolumeMetadata,
  { credentials }: BackupRequest,
  context: JobContext,
): Promise<Secret> {
  const { keys, openedBy, tries } = await unlock(volume, metadata, credentials, context)
  if (!openedBy) throw nothingOpened(tries, credentials.length)
  if (!keys?.vmk) throw lacksVmk()
  return keys.vmk
}

async function backedUpProtectors(
  { volume, metadata }: { readonly volume: OpenVolume; readonly metadata: VolumeMetadata },
  vmk: Secret | undefined,
  { crypto }: JobContext,
): Promise<BackedUpProtector[]> {
  const revealed = vmk ? revealProtectors(vmk, volume.reconciled.material.protectors, crypto) : []
  const backedUp: BackedUpProtector[] = []
  for (const protector of metadata.protectors) {
    const { id, kind } = protector
    const contents = isPacked(protector) && keyPackageContents(metadata.block!.dataset, id)
    const keyPackage = vmk && contents ? await packKeys({ volume, metadata, vmk }, id, crypto) : undefined
    const given = revealed.find((one) => one.protector.id === id)
    backedUp.push({
      id,
      kind,
      ...(contents && { keyPackage: keyPackage ?? serializeKeyPackage(contents) }),
      ...(given && secretsOf(given)),
    })
  }
  return backedUp
}

function secretsOf({ protector, recoveryPassword, startupKey }: RevealedProtector) {
  const { id: keyId, created } = protector
  return {
    ...(recoveryPassword && {
      recoveryPassword: Secret.ofText(formatRecoveryPassword(recoveryPassword.reveal())),
    }),
    ...(startupKey && {
      startupKey: new Secret(
        serializeStartupKey({ kind: "startup-key", keyId, key: startupKey, ...(created && { created }) }),
      ),
    }),
  }
}

function damaged({ index, place }: OpenVolume): MetadataError {
  const what = place.boot ? "no copy of the metadata is intact" : "the boot sector is gone"
  return new MetadataError("backup-of-damage", `a backup is made of sound volumes only: ${what}`, {
    next: ["get the data out first, with repair-bde", "make the backup of the repaired volume"],
    data: { volume: index },
  })
}

function readsBackWrong(path: string): SinkError {
  return new SinkError("backup-reads-back-wrong", `${path} does not read back as it was written`, {
    next: ["save the backup on another drive, and check this one"],
    data: { path },
  })
}
