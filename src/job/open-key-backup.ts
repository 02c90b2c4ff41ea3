/** A key backup as what a damaged volume is opened with: its metadata as a key package, its place, its head. */
import { CredentialError } from "../errors.ts"
import type { Crypto } from "../crypto/crypto.ts"
import { extent, intersect } from "../extents/extent.ts"
import {
  type BackedUpStructure,
  type KeyBackup,
  type KeyBackupFault,
  parseKeyBackup,
  parseKeyPackages,
  recogniseBootSector,
} from "../fve/index.ts"
import { type VolumePlace, startOf } from "../locate/index.ts"
import type { ByteSource } from "../source/byte-source.ts"
import type { LoadedKeyPackage } from "./load-key-packages.ts"

/** @throws CredentialError for a backup that was cut or altered */
export function openKeyBackup(file: Uint8Array, path: string, sha256: Crypto["sha256"]): KeyBackup {
  const backup = parseKeyBackup(file, sha256)
  if (typeof backup !== "string") return backup
  throw new CredentialError("key-backup-unusable", `the key backup ${path} ${FAULTS[backup]}`, {
    next: ["give another copy of it", "give the key packages and recovery passwords themselves"],
    data: { path, fault: backup },
  })
}

const FAULTS: Readonly<Record<KeyBackupFault, string>> = {
  foreign: "is no key backup",
  cut: "is cut: its last line, the checksum, is missing",
  altered: "was altered: its checksum does not match",
  newer: "is of a later version of repair-bde",
  wrong: "has a right checksum, and says what cannot be",
}

/** The whole metadata block, which has all key protectors and the geometry; single key packages where it is none. */
export function packagesOfBackup(backup: KeyBackup, path: string): LoadedKeyPackage[] {
  const blocks = structuresOf(backup, "metadata").flatMap(({ bytes }) => parseKeyPackages(bytes))
  const packages = backup.protectors.flatMap(({ keyPackage }) =>
    keyPackage ? parseKeyPackages(keyPackage) : [],
  )
  return (blocks.length > 0 ? blocks : packages).map((found) => ({ ...found, path, backup }))
}

/**
 * Where the backups have their volumes, for those of which nothing is left there. Only in an input of the same size: in any
 * other one the positions mean nothing.
 */
export function placesOfBackups(
  backups: readonly KeyBackup[],
  { size }: ByteSource,
  places: readonly VolumePlace[],
): VolumePlace[] {
  return backups
    .filter(
      ({ sourceSize, volume }) => sourceSize === size && !places.some((p) => startOf(p) === volume.offset),
    )
    .map((backup) => placeOf(backup, size))
}

export function backupsOf(packages: readonly LoadedKeyPackage[]): KeyBackup[] {
  return [...new Set(packages.flatMap(({ backup }) => backup ?? []))]
}

/** Its boot sector is a trace and not the volume's own: what may be out of date must not pass for what stands there. */
function placeOf(backup: KeyBackup, sourceSize: number): VolumePlace {
  const { offset, size } = backup.volume
  const held = intersect(extent(offset, size), extent(0, sourceSize))
  const [sector] = structuresOf(backup, "boot-sector")
  const boot = sector && recogniseBootSector(sector.bytes)
  const [metadata] = structuresOf(backup, "metadata")
  return {
    extent: held,
    ...(held.length < size && { fullSize: size }),
    where: `where the key backup of ${backup.created.toISOString().slice(0, 10)} has it`,
    metadataOffsets: metadata?.at ?? [],
    eowOffsets: boot?.eowOffsets ?? [],
    standing: "current",
    evidence: ["a key backup of it says so"],
    traces: {
      ...(boot && { boot: { kind: "boot-sector", at: offset, boot } }),
      copies: [],
      eow: [],
      strays: [],
    },
    otherStarts: [],
  }
}

export function structuresOf(
  { structures }: KeyBackup,
  kind: BackedUpStructure["kind"],
): BackedUpStructure[] {
  return structures.filter((one) => one.kind === kind)
}
