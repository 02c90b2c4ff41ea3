/**
 * Everything that makes a volume open by itself, as bytes in their places: the metadata copies, what leads a conversion, the
 * head's backup, the boot sector. The order is that of writing: at every moment as much is intact as before, or more.
 */
import type { SectorCipher } from "../crypto/sector-cipher.ts"
import { hex } from "../extents/extent.ts"
import type { Finding } from "../findings.ts"
import type { MetadataCopy, PatchIdentity } from "../fve/index.ts"
import { type Structure, isInside } from "./plan-patch.ts"
import { type BootSectorEvidence, rebuildBootSector } from "./plan-patch-boot.ts"

export interface VolumeToPatch {
  readonly boot: BootSectorEvidence
  /** What every metadata copy has to be. */
  readonly area: Uint8Array
  /** As found. */
  readonly copies: readonly MetadataCopy[]
  /** An intact encrypt-on-write information block, whose two copies are the same; `boot` says where. */
  readonly eowInfo?: Uint8Array
  /** Sectors of the head's backup, as they are to be stored: those that are lost and known from elsewhere. */
  readonly head?: readonly StoredSector[]
}

export interface StoredSector {
  /** Bytes from the start of the volume. */
  readonly at: number
  readonly bytes: Uint8Array
}

export interface PlannedStructures {
  readonly structures: readonly Structure[]
  /** What cannot be restored, and why. */
  readonly findings: readonly Finding[]
}

export function planStructures(volume: VolumeToPatch, identity: PatchIdentity): PlannedStructures {
  const { boot, head = [] } = volume
  const rebuilt = rebuildBootSector(boot)
  const all: Structure[] = [
    ...metadataCopies(volume),
    ...eowCopies(volume),
    ...head.map((sector) => ({ what: "backup of the volume's head", ...sector })),
    ...(rebuilt.bytes ? [{ what: "boot sector", at: 0, bytes: rebuilt.bytes }] : []),
  ]
  const outside = all.filter((structure) => !isInside(structure, identity))
  return {
    structures: all.filter((structure) => !outside.includes(structure)),
    findings: [...rebuilt.findings, ...outside.map(outsideFinding)],
  }
}

/** Plaintext as it is stored at its place. @param cipher absent where that is in plaintext */
export function storedSector(plaintext: Uint8Array, at: number, cipher?: SectorCipher): StoredSector {
  const bytes = plaintext.slice()
  cipher?.encrypt(bytes, at)
  return { at, bytes }
}

/** What differs most goes first, so that the copy that everything was read from is touched last, if at all. */
function metadataCopies({ boot, area, copies }: VolumeToPatch): Structure[] {
  const differences = (at: number): number => {
    const found = copies.find(({ offset }) => offset === at)?.bytes
    return found ? area.reduce((count, byte, i) => count + Number(byte !== found[i]), 0) : area.length
  }
  return boot.facts.metadataOffsets
    .map((at, i) => ({ what: `metadata copy ${i + 1}`, at, bytes: area, differences: differences(at) }))
    .sort((a, b) => b.differences - a.differences)
    .map(({ what, at, bytes }) => ({ what, at, bytes }))
}

function eowCopies({ boot, eowInfo }: VolumeToPatch): Structure[] {
  if (!eowInfo) return []
  return boot.eowOffsets.map((at, i) => ({
    what: `encrypt-on-write information ${i + 1}`,
    at,
    bytes: eowInfo,
  }))
}

function outsideFinding({ what, at, bytes }: Structure): Finding {
  return {
    code: "structure-outside-input",
    severity: "damage",
    text: `the ${what} belongs at ${hex(at)} of the volume, where the input has no room: it stays lost`,
    extent: { start: at, length: bytes.length },
  }
}
