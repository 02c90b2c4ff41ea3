/**
 * The oracle: what can still be known of a damaged volume. It has what nobody else has (the true keys and the blueprint) and
 * reads with them what the injuries left; a byte that then differs from the undamaged volume is destroyed.
 *
 * A few bytes exist twice, so that a program must find them although their first form is gone: the boot sector of a file
 * system. And where the metadata copies lay is no longer known to anybody once nothing names the places.
 */
import { equalBytes } from "../../src/bytes/compare.ts"
import { endOf, type Extent, extent, subtractExtents } from "../../src/extents/extent.ts"
import { InformationHeader, VistaSector } from "../../src/fve/index.ts"
import { cipherOf } from "../forge/store.ts"
import { heldExtent, storedBytes, type Victim } from "./victim.ts"

/** What is known of a byte. */
export const Fate = {
  /** A reader must give it. */
  known: 0,
  /** Its stored form was changed: with a cipher nobody can tell, so noise is what there is. */
  garbled: 1,
  /** Its stored form is missing in a way that nobody can miss: to be reported as lost. */
  missing: 2,
  /** Nothing tells it, and nobody misses it: where metadata copies lay that no header names, say. */
  untold: 3,
} as const

export interface Truth {
  /** What reading the undamaged volume gives. */
  readonly expected: Uint8Array
  /** What somebody with keys and blueprint reads of it now. */
  readonly remaining: Uint8Array
  /** The same where a destroyed sector is taken for a plain one, or an encrypted one: both are noise of the right place. */
  readonly otherReadings: readonly Uint8Array[]
  /** A `Fate` for each byte. */
  readonly fates: Uint8Array
}

const SECTOR = 512
const BLOCK = 16
/** Share of a sector that must have changed for it to be more than bits that flipped. */
const NOTICEABLE = 1 / 8

export function consultOracle(victim: Victim): Truth {
  const { volume } = victim
  const { expected } = volume
  const { remaining, otherReadings } = readWithBlueprint(victim)
  const fates = new Uint8Array(volume.size)
  for (const at of differingSectors(remaining, expected)) {
    const differing: number[] = []
    for (let i = at; i < at + SECTOR; i++) if (remaining[i] !== expected[i]) differing.push(i)
    // Ciphers garble whole blocks, and what was overwritten is right in single bytes by chance only.
    const unit = differing.length < SECTOR * NOTICEABLE ? BLOCK : SECTOR
    for (const i of differing) fates.fill(Fate.garbled, i - (i % unit), i - (i % unit) + unit)
  }
  const mark = (parts: readonly Extent[], fate: number): void => {
    for (const part of parts) fates.fill(fate, part.start, endOf(part))
  }
  const beyond = subtractExtents(extent(0, volume.size), [heldExtent(victim)])
  mark(
    beyond.flatMap((part) => subtractExtents(part, headOf(victim))),
    Fate.missing,
  )
  markHead(victim, remaining, fates)
  if (!volume.headBackup) markVista(victim, fates)
  mark(untoldStructures(victim), Fate.untold)
  return { expected, remaining, otherReadings, fates }
}

/** Positions of the sectors in which the two differ. */
export function differingSectors(a: Uint8Array, b: Uint8Array): number[] {
  const places: number[] = []
  const length = Math.min(a.length, b.length)
  for (let at = 0; at < length; at += SECTOR) {
    if (!equalBytes(a.subarray(at, at + SECTOR), b.subarray(at, at + SECTOR))) places.push(at)
  }
  return places
}

function headOf({ volume }: Victim): Extent[] {
  return volume.headBackup ? [extent(0, volume.headBackup.length)] : []
}

function readWithBlueprint(victim: Victim): Pick<Truth, "remaining" | "otherReadings"> {
  const { volume } = victim
  const held = heldExtent(victim)
  const stored = new Uint8Array(volume.size)
  stored.set(storedBytes(victim, held), held.start)
  const decrypted = stored.slice()
  cipherOf(volume)?.decrypt(decrypted, 0)
  const remaining = decrypted.slice()
  for (const part of volume.storedPlain) remaining.set(slice(stored, part), part.start)
  const { headBackup } = volume
  if (headBackup) {
    for (const bytes of [remaining, stored, decrypted])
      bytes.copyWithin(0, headBackup.start, endOf(headBackup))
  }
  for (const part of shownOtherwise(victim).filter((part) => isWhole(victim, part))) {
    remaining.set(slice(volume.expected, part), part.start)
  }
  for (const part of volume.zeroed) remaining.fill(0, part.start, endOf(part))
  return { remaining, otherReadings: [stored, decrypted] }
}

/** Vista shows two sectors with other bytes than it stores. */
function shownOtherwise({ volume: { headBackup, size } }: Victim): Extent[] {
  return !headBackup ? [extent(0, SECTOR), extent(size - SECTOR, SECTOR)] : []
}

/** Whether the input still holds it as the forge stored it. */
export function isWhole(victim: Victim, part: Extent): boolean {
  return equalBytes(storedBytes(victim, part), slice(victim.volume.image, part))
}

const slice = (bytes: Uint8Array, part: Extent): Uint8Array => bytes.subarray(part.start, endOf(part))

/** The head without its boot sector is no file system, which everybody sees; a boot sector may stand elsewhere as well. */
function markHead(victim: Victim, remaining: Uint8Array, fates: Uint8Array): void {
  const { volume } = victim
  const boot = extent(0, volume.sectorSize)
  const changed = slice(fates, boot).filter((fate) => fate !== Fate.known).length
  if (changed < boot.length * NOTICEABLE) return
  const head = headOf(victim)[0] ?? boot
  for (let i = 0; i < endOf(head); i++) if (fates[i] !== Fate.known) fates[i] = Fate.missing
  markTwin(volume, remaining, fates)
}

/** As many bytes as differ between the boot sectors of exFAT: flags and the share of space in use are kept in the first. */
const KEPT_ONCE = 3

/** In the last sector on NTFS, in sector 6 of FAT32, in sector 12 of exFAT. */
function markTwin(
  { expected, sectorSize, size }: Victim["volume"],
  remaining: Uint8Array,
  fates: Uint8Array,
): void {
  const boot = slice(expected, extent(0, sectorSize))
  const twins = [size - sectorSize, 6 * sectorSize, 12 * sectorSize].map((at) => extent(at, sectorSize))
  for (const twin of twins.filter((part) => equalBytes(slice(expected, part), slice(remaining, part)))) {
    const differing = boot.map((byte, i) => (byte === expected[twin.start + i] ? 0 : 1))
    if (differing.filter(Boolean).length > KEPT_ONCE) continue
    differing.forEach((differs, i) => (fates[i] = differs ? Fate.untold : Fate.known))
  }
}

/** One field of both boot sectors stands in the metadata only; and without either of them nothing tells the size. */
function markVista(victim: Victim, fates: Uint8Array): void {
  const sectors = shownOtherwise(victim)
  const field = VistaSector.offsetOf("metadataLcn")
  if (!hasHeader(victim))
    for (const { start } of sectors) fates.fill(Fate.missing, start + field, start + field + 8)
  if (sectors.some((part) => isWhole(victim, part))) return
  const end = endOf(heldExtent(victim))
  fates.fill(Fate.untold, end)
}

export function hasHeader(victim: Victim): boolean {
  return victim.volume.metadataOffsets.some((at) => isWhole(victim, extent(at, InformationHeader.size)))
}

function untoldStructures(victim: Victim): Extent[] {
  const { metadataOffsets, areaSize, headBackup, zeroed } = victim.volume
  const copies = metadataOffsets.map((at) => extent(at, areaSize))
  const own = [...copies, ...(headBackup ? [headBackup] : [])]
  const ofConversion = zeroed.flatMap((part) => subtractExtents(part, own))
  const isNamed = isWhole(victim, extent(0, SECTOR))
  // Vista's boot sector names the first copy only.
  const named = hasHeader(victim) ? copies.length : isNamed ? (headBackup ? copies.length : 1) : 0
  return [
    ...copies.slice(named),
    ...(ofConversion.every((part) => isWhole(victim, part)) ? [] : ofConversion),
  ]
}
