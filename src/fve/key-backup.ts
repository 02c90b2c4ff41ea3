/**
 * Key backups: everything that a volume is lost without, saved while it still opens (`docs/format/key-backup.md`): key packages,
 * metadata, boot sector, the head that BitLocker keeps in one place only, partition tables; and, unless it is made for
 * escrow, recovery passwords and startup keys themselves.
 *
 * A file with a right sum is still looked at field by field: it says where a volume lies.
 */
import { fromHex, toHex } from "../bytes/hex.ts"
import { isGuid } from "../bytes/guid.ts"
import { parseSummedText, serializeSummedText, type SummedTextFault } from "../bytes/summed-text.ts"
import type { Crypto } from "../crypto/crypto.ts"
import { Secret } from "../crypto/secret.ts"
import { known } from "./known.ts"

export interface KeyBackup {
  readonly created: Date
  /** The drive or image as it was named then, for people. */
  readonly input: string
  /** Bytes in it: where it has another size now, positions in it mean nothing. */
  readonly sourceSize: number
  readonly volume: BackedUpVolume
  readonly protectors: readonly BackedUpProtector[]
  readonly structures: readonly BackedUpStructure[]
}

export interface BackedUpVolume {
  readonly id: string
  /** Where it starts in the input, and how long it is, in bytes. */
  readonly offset: number
  readonly size: number
  readonly sectorSize: number
  /** "COMPUTER VOLUMELABEL DATE". */
  readonly description?: string
}

export interface BackedUpProtector {
  /** The key ID. */
  readonly id: string
  /** `ProtectorKind`, or one of a later version. */
  readonly kind: string
  /** Of the kinds that a key package opens with. */
  readonly keyPackage?: Uint8Array
  /** The 48 digits. */
  readonly recoveryPassword?: Secret
  /** A `.BEK` file. */
  readonly startupKey?: Secret
}

export const STRUCTURES = ["boot-sector", "metadata", "head", "partition-table"] as const
export type StructureKind = (typeof STRUCTURES)[number]

export interface BackedUpStructure {
  readonly kind: StructureKind
  /** Everywhere where these same bytes lay: in the volume, but those of a partition table in the input. */
  readonly at: readonly number[]
  readonly bytes: Uint8Array
}

export type KeyBackupFault = SummedTextFault | "wrong"

const FORM = { signature: "repair-bde key backup, version ", version: 1 }

/** By its first line alone. */
export function isKeyBackup(file: Uint8Array): boolean {
  const head = new TextEncoder().encode(FORM.signature)
  return head.every((byte, i) => file[i] === byte)
}

/** The file holds the secrets of the backup in clear. */
export function serializeKeyBackup(backup: KeyBackup, sha256: Crypto["sha256"]): Uint8Array {
  const { created, input, sourceSize, volume, protectors, structures } = backup
  const content = {
    created: created.toISOString(),
    input,
    sourceSize,
    volume,
    protectors: protectors.map(({ id, kind, keyPackage, recoveryPassword, startupKey }) => ({
      id,
      kind,
      ...known({
        keyPackage: keyPackage && toHex(keyPackage),
        recoveryPassword: recoveryPassword?.revealText(),
        startupKey: startupKey && toHex(startupKey.reveal()),
      }),
    })),
    structures: structures.map(({ kind, at, bytes }) => ({
      kind,
      at,
      length: bytes.length,
      bytes: toHex(withoutLastZeros(bytes)),
    })),
  }
  return serializeSummedText(FORM, content, sha256)
}

export function parseKeyBackup(file: Uint8Array, sha256: Crypto["sha256"]): KeyBackup | KeyBackupFault {
  const parsed = parseSummedText(FORM, file, sha256)
  return typeof parsed === "string" ? parsed : (readBackup(asObject(parsed.content)) ?? "wrong")
}

/** `undefined` when any of it cannot be. */
function readBackup(content: Fields | undefined): KeyBackup | undefined {
  const { input, sourceSize } = content ?? {}
  const created = new Date(String(content?.created))
  const volume = readVolume(asObject(content?.volume), sourceSize)
  const protectors = readAll(content?.protectors, readProtector)
  const structures = readAll(content?.structures, readStructure)
  if (!volume || !protectors || !structures || Number.isNaN(created.getTime())) return undefined
  if (typeof input !== "string" || !isCount(sourceSize)) return undefined
  return { created, input, sourceSize, volume, protectors, structures }
}

function readVolume(fields: Fields | undefined, sourceSize: unknown): BackedUpVolume | undefined {
  const { id, offset, size, sectorSize, description } = fields ?? {}
  if (typeof id !== "string" || !isGuid(id) || !isCount(sourceSize)) return undefined
  if (!isCount(offset) || !isCount(size) || offset + size > sourceSize) return undefined
  if (!isCount(sectorSize) || sectorSize === 0 || sectorSize > LARGEST_SECTOR) return undefined
  return { id, offset, size, sectorSize, ...(typeof description === "string" && { description }) }
}

const LARGEST_SECTOR = 4096

function readProtector(fields: Fields | undefined): BackedUpProtector | undefined {
  const { id, kind, recoveryPassword } = fields ?? {}
  if (typeof id !== "string" || !isGuid(id) || typeof kind !== "string") return undefined
  const keyPackage = readHex(fields?.keyPackage)
  const startupKey = readHex(fields?.startupKey)
  return {
    id,
    kind,
    ...(keyPackage && { keyPackage }),
    ...(typeof recoveryPassword === "string" && { recoveryPassword: Secret.ofText(recoveryPassword) }),
    ...(startupKey && { startupKey: new Secret(startupKey) }),
  }
}

/** More than the longest that is kept. */
const LARGEST_STRUCTURE = 1 << 20

function readStructure(fields: Fields | undefined): BackedUpStructure | undefined {
  const { at, length } = fields ?? {}
  const kind = STRUCTURES.find((one) => one === fields?.kind)
  const kept = readHex(fields?.bytes)
  if (!kind || !kept || !Array.isArray(at) || !at.every(isCount)) return undefined
  if (!isCount(length) || length < kept.length || length > LARGEST_STRUCTURE) return undefined
  const bytes = new Uint8Array(length)
  bytes.set(kept)
  return { kind, at, bytes }
}

/** More than any volume has; and each structure may claim to be as long as one can be. */
const MOST_IN_A_LIST = 64

/** A structure of a kind that only later versions know is left out; anything else that cannot be makes the list none. */
function readAll<T>(list: unknown, read: (fields: Fields | undefined) => T | undefined): T[] | undefined {
  if (!Array.isArray(list) || list.length > MOST_IN_A_LIST) return undefined
  const known = list.map(asObject).filter((one) => !isOfLaterKind(one))
  const all = known.map(read)
  return all.every((one) => one !== undefined) ? all : undefined
}

function isOfLaterKind(fields: Fields | undefined): boolean {
  const { kind, at } = fields ?? {}
  return at !== undefined && typeof kind === "string" && !STRUCTURES.some((one) => one === kind)
}

type Fields = Readonly<Record<string, unknown>>

function asObject(value: unknown): Fields | undefined {
  return typeof value === "object" && value !== null ? (value as Fields) : undefined
}

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0

const readHex = (value: unknown): Uint8Array | undefined =>
  typeof value === "string" ? fromHex(value) : undefined

function withoutLastZeros(bytes: Uint8Array): Uint8Array {
  return bytes.subarray(0, bytes.findLastIndex((byte) => byte !== 0) + 1)
}
