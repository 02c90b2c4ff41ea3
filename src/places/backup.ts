/** Our own key backups: key packages with the geometry of their volume, and the credentials, unless it was made for escrow. */
import { parseRecoveryPassword, parseStartupKey } from "../credential/index.ts"
import { nodeCrypto } from "../crypto/node.ts"
import { CredentialError, UsageError } from "../errors.ts"
import { type BackedUpProtector, parseKeyBackup, parseKeyPackages } from "../fve/index.ts"
import { candidate, finding } from "./items.ts"
import type { FoundKey, PlaceItem } from "./place.ts"

const FAULTS = {
  foreign: "is none",
  newer: "was made by a later version of this program",
  cut: "is cut off",
  altered: "was altered: its sum is wrong",
  wrong: "says what cannot be",
} as const

/** @param file one of which `isKeyBackup` is true */
export function* keysInBackup(file: Uint8Array, name: string): Generator<PlaceItem> {
  const backup = parseKeyBackup(file, nodeCrypto.sha256)
  if (typeof backup === "string") {
    yield finding("key-backup-unusable", `${name}: the key backup ${FAULTS[backup]}`, { fault: backup })
    return
  }
  const [computer] = backup.volume.description?.split(" ") ?? []
  // The whole metadata block has all key protectors and the geometry.
  const blocks = backup.structures
    .filter(({ kind }) => kind === "metadata")
    .flatMap(({ bytes }) => parseKeyPackages(bytes))
  const ofVolume = { origin: name, volumeId: backup.volume.id, ...(computer && { computer }) }
  for (const keyPackage of blocks) yield candidate(ofVolume, { kind: "key-package", keyPackage, backup })
  for (const protector of backup.protectors) {
    const facts = { ...ofVolume, protectorId: protector.id }
    const packages = blocks.length === 0 && protector.keyPackage ? parseKeyPackages(protector.keyPackage) : []
    for (const keyPackage of packages) yield candidate(facts, { kind: "key-package", keyPackage, backup })
    for (const key of credentialsOf(protector)) yield candidate(facts, key)
  }
}

/** What is in the sum and still cannot be a key was put there: it is left out as any other. */
function credentialsOf({ recoveryPassword, startupKey }: BackedUpProtector): FoundKey[] {
  return [
    ...parsed(() => ({
      kind: "recovery-password",
      credential: parseRecoveryPassword(recoveryPassword?.revealText() ?? ""),
    })),
    ...parsed(() => ({
      kind: "startup-key",
      credential: parseStartupKey(startupKey?.reveal() ?? new Uint8Array(0)),
    })),
  ]
}

function parsed(parse: () => FoundKey): FoundKey[] {
  try {
    return [parse()]
  } catch (error) {
    if (error instanceof UsageError || error instanceof CredentialError) return []
    throw error
  }
}
