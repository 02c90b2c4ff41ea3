/**
 * `keys reveal`: with one credential that works, all keys of a volume: those that people type, those that lie on sticks, and
 * the ones underneath, for programs that take nothing else. It shows what everything here otherwise hides, so somebody has to
 * say yes first.
 */
import { join } from "node:path"
import { UsageError } from "../errors.ts"
import { formatRecoveryPassword, serializeStartupKey } from "../credential/index.ts"
import { methodFacts } from "../crypto/method.ts"
import { Secret } from "../crypto/secret.ts"
import type { VolumeKeys } from "../fve/index.ts"
import { revealAutoUnlockKey, revealProtectors } from "../unlock/index.ts"
import { createContext } from "./context.ts"
import { type KeyNotations, keyNotations } from "./key-notations.ts"
import { loadKeyPackages } from "./load-key-packages.ts"
import { openInput } from "./open-input.ts"
import type { AutoUnlockKey } from "./open-auto-unlock.ts"
import { backupsOf } from "./open-key-backup.ts"
import { savePrivateFile } from "./private-file.ts"
import { type UnlockedVolume, unlockOne } from "./reach-plan.ts"
import type { MethodReport, OpenedBy, SourceReport, VolumeReport } from "./reports.ts"
import type { CheckRequest, JobContext, JobShell } from "./requests.ts"
import { lacksVmk } from "./unlock.ts"

export interface RevealRequest extends CheckRequest {
  /** The answer to the question, for scripts. */
  readonly yes?: boolean
  /** Every startup key goes into this folder, as a `.BEK` file. */
  readonly startupKeyFolder?: string
  /** Exports of the registry of the Windows on this volume: the startup keys in them are shown and saved too. */
  readonly autoUnlockPlaces?: readonly string[]
}

export interface RevealedRecoveryPassword {
  readonly protectorId: string
  readonly name?: string
  /** The 48 digits. */
  readonly digits: Secret
}

export interface RevealedStartupKey {
  readonly protectorId: string
  readonly name?: string
  readonly key: Secret
  /** Of the `.BEK` file, where it was asked for. */
  readonly path?: string
}

export interface RevealedDataVolumeKey extends RevealedStartupKey {
  readonly volumeId?: string
  /** Where in the export. */
  readonly origin: string
}

export interface RevealReport {
  readonly source: SourceReport
  readonly volume: VolumeReport
  readonly openedBy: OpenedBy
  readonly recoveryPasswords: readonly RevealedRecoveryPassword[]
  readonly startupKeys: readonly RevealedStartupKey[]
  /** Absent when the FVEK itself was given: nothing leads back from it. */
  readonly vmk?: Secret
  readonly method: MethodReport
  readonly fvek: KeyNotations
  /** Of a volume whose Windows unlocks other volumes by itself. */
  readonly autoUnlockKey?: Secret
  /** Of those volumes, where an export of the registry was given. */
  readonly dataVolumeKeys?: readonly RevealedDataVolumeKey[]
}

/** @throws UsageError when nobody agreed; SourceError, NotFveError, MetadataError, CredentialError, SinkError */
export async function revealKeys(request: RevealRequest, shell: JobShell = {}): Promise<RevealReport> {
  const context = createContext(shell)
  await approve(request, context)
  context.emit({ type: "phase", phase: "locate" })
  const keyPackages = await loadKeyPackages(request.keyPackages ?? [])
  const input = await openInput(request.input, context, {
    scan: true,
    hasKeys: keyPackages.length > 0,
    backups: backupsOf(keyPackages),
  })
  try {
    const opened = await unlockOne(input, { ...request, keyPackages }, context)
    const { keys } = opened.unlocked
    if (!keys) throw lacksVmk()
    const revealed = reveal(opened, keys, context)
    for (const { digits } of revealed.recoveryPasswords) context.remember?.(digits)
    for (const { key } of revealed.startupKeys) context.remember?.(key)
    if (revealed.autoUnlockKey) context.remember?.(revealed.autoUnlockKey)
    const dataVolumeKeys = await openDataVolumes(request, revealed, context)
    return {
      source: input.report,
      volume: opened.report,
      openedBy: opened.openedBy,
      ...revealed,
      startupKeys: await saveStartupKeys(revealed.startupKeys, request),
      ...(dataVolumeKeys && { dataVolumeKeys: await saveStartupKeys(dataVolumeKeys, request) }),
    }
  } finally {
    await input.source.close()
  }
}

async function openDataVolumes(
  { autoUnlockPlaces = [] }: RevealRequest,
  { autoUnlockKey }: Revealed,
  context: JobContext,
): Promise<AutoUnlockKey[] | undefined> {
  if (autoUnlockPlaces.length === 0) return undefined
  // Places are loaded only for those who name any.
  const { openAutoUnlockKeys } = await import("./open-auto-unlock.ts")
  return openAutoUnlockKeys(autoUnlockPlaces, autoUnlockKey, context)
}

interface Revealed extends Omit<
  RevealReport,
  "source" | "volume" | "openedBy" | "startupKeys" | "dataVolumeKeys"
> {
  readonly startupKeys: readonly (RevealedStartupKey & { readonly created?: Date })[]
}

function reveal({ found, unlocked }: UnlockedVolume, keys: VolumeKeys, { crypto }: JobContext): Revealed {
  const { vmk, method, fvek } = keys
  const { protectors } = found.reconciled.material
  const all = vmk ? revealProtectors(vmk, protectors, crypto) : []
  const datums = (unlocked.metadata ?? found.metadata)?.block?.dataset.datums ?? []
  const autoUnlockKey = vmk && revealAutoUnlockKey(vmk, datums, crypto)
  return {
    recoveryPasswords: all.flatMap(({ protector: { id, name }, recoveryPassword }) =>
      recoveryPassword
        ? [
            {
              protectorId: id,
              ...(name && { name }),
              digits: Secret.ofText(formatRecoveryPassword(recoveryPassword.reveal())),
            },
          ]
        : [],
    ),
    startupKeys: all.flatMap(({ protector: { id, name, created }, startupKey }) =>
      startupKey
        ? [{ protectorId: id, ...(name && { name }), ...(created && { created }), key: startupKey }]
        : [],
    ),
    ...(vmk && { vmk }),
    method: { code: method, name: methodFacts(method).name },
    fvek: keyNotations(method, fvek),
    ...(autoUnlockKey && { autoUnlockKey }),
  }
}

/** Without the volume's GUID, which only Windows 11 writes: every program that reads these files knows the older form. */
async function saveStartupKeys<Key extends RevealedStartupKey & { readonly created?: Date }>(
  startupKeys: readonly Key[],
  { startupKeyFolder, input }: RevealRequest,
): Promise<Omit<Key, "created">[]> {
  const saved: Omit<Key, "created">[] = []
  for (const { created, ...one } of startupKeys) {
    const path = startupKeyFolder && join(startupKeyFolder, `${one.protectorId}.BEK`)
    if (path) {
      const { protectorId: keyId, key } = one
      const file = serializeStartupKey({ kind: "startup-key", keyId, key, ...(created && { created }) })
      await savePrivateFile(path, file, input.path)
    }
    saved.push({ ...one, ...(path && { path }) })
  }
  return saved
}

async function approve({ yes, input }: RevealRequest, { ask }: JobContext): Promise<void> {
  if (yes) return
  const text = `All keys of ${input.path} will be shown: whoever sees them can open the drive, now and later.`
  if (await ask?.({ code: "reveal-keys", text })) return
  throw new UsageError("reveal-not-approved", "nobody agreed to show the keys: nothing was read", {
    next: ["run it on a terminal, and type yes", "give --yes-reveal in a script"],
  })
}
