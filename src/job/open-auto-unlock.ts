/**
 * The startup keys by which a Windows opens its data volumes: they lie in its registry, wrapped with a key that its own volume
 * keeps. So whoever opens the volume of Windows, and has an export of its registry, opens the data volumes too.
 */
import { CredentialError } from "../errors.ts"
import type { Secret } from "../crypto/secret.ts"
import { openAutoUnlock } from "../unlock/index.ts"
import type { JobContext } from "./requests.ts"
import { searchPlaces } from "./search-places.ts"

export interface AutoUnlockKey {
  /** The key ID: of a key protector of the data volume. */
  readonly protectorId: string
  /** The data volume, as the registry names it. */
  readonly volumeId?: string
  /** Where it was found. */
  readonly origin: string
  readonly created?: Date
  readonly key: Secret
}

/** @throws CredentialError when the volume is not that of the Windows whose registry it is */
export async function openAutoUnlockKeys(
  specs: readonly string[],
  autoUnlockKey: Secret | undefined,
  context: JobContext,
): Promise<AutoUnlockKey[]> {
  if (!autoUnlockKey) throw unlocksNothing()
  // Nothing is asked for: whatever lies there is told.
  const wanted = { volumeIds: [], protectorIds: [], shortIds: [], computers: [] }
  const { keys } = await searchPlaces({ specs }, wanted, context)
  const wrapped = keys.flatMap(({ candidate }) => (candidate.kind === "auto-unlock-key" ? [candidate] : []))
  const opened = new Map<string, AutoUnlockKey>()
  let foreignCount = 0
  for (const { protectorId, volumeId, origin, created, wrapped: box } of wrapped) {
    const key = openAutoUnlock(autoUnlockKey, box, context.crypto)
    if (!key || protectorId === undefined) {
      foreignCount++
      continue
    }
    context.remember?.(key)
    opened.set(protectorId, {
      ...{ protectorId, origin, key },
      ...(volumeId && { volumeId }),
      ...(created && { created }),
    })
  }
  if (opened.size === 0) throw nothingOpened(specs, wrapped.length)
  if (foreignCount > 0) {
    const text = `${foreignCount} keys of automatic unlocks are of another Windows: they do not open with the key of this one`
    context.emit({ type: "notice", code: "auto-unlock-foreign", text })
  }
  return [...opened.values()]
}

function unlocksNothing(): CredentialError {
  return new CredentialError(
    "auto-unlock-key-absent",
    "this volume unlocks no other: it has no auto-unlock key",
    {
      next: ["give the volume that Windows itself is on, and a credential that gives its VMK"],
    },
  )
}

function nothingOpened(specs: readonly string[], count: number): CredentialError {
  const message =
    count === 0
      ? `no key of an automatic unlock lies in ${specs.join(", ")}`
      : `none of the ${count} keys of automatic unlocks is of this Windows`
  return new CredentialError("auto-unlock-not-opened", message, {
    next: [
      "export the key HKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\Control\\FVEAutoUnlock of this Windows with regedit",
    ],
    data: { places: [...specs], found: count },
  })
}
