/**
 * The copies of a volume in words: which of them are intact, which one the volume is read with, and what is wrong with the
 * others, down to the datum.
 */
import { type Extent, extentBetween, hex, hexRange } from "../extents/extent.ts"
import {
  type Datum,
  DatumRole,
  DatumType,
  InformationHeader,
  type MetadataBlock,
  type MetadataCopy,
  readKeyProtector,
} from "../fve/index.ts"
import type { Candidate } from "./intact-blocks.ts"
import { isSameBlock, nonceCounterOf } from "./intact-blocks.ts"
import { FIRST_DATUM, hasSignature } from "./salvage-block.ts"
import type { Witness, Witnesses } from "./witnesses.ts"

export type CopyHealth = "intact" | "damaged" | "missing" | "unreadable"

export interface JudgedCopy {
  readonly copy: MetadataCopy
  readonly health: CopyHealth
  /** Whether the volume is read with it: one copy, or those that make one together. */
  readonly chosen: boolean
  /** One sentence for a person. */
  readonly reason: string
}

export interface Verdict {
  /** What the volume is read with, when a checksum has proven it. */
  readonly proven?: Candidate
  /** Else the best of what there is. */
  readonly best?: Witness
  /** Whether the SHA-256 under the VMK has decided. */
  readonly isHashed?: boolean
}

export function judgeCopies({ own, foreign }: Witnesses, verdict: Verdict): JudgedCopy[] {
  const used = usedNames(verdict)
  return [...own, ...foreign]
    .flatMap(({ name, copy, block }) => {
      if (!copy) return []
      const isForeign = foreign.some((other) => other.copy === copy)
      const reason = isForeign ? foreignReason(block!) : reasonFor(copy, block, verdict)
      return [{ copy, health: healthOf(copy, block, verdict), chosen: isUsed(name, used), reason }]
    })
    .sort((a, b) => a.copy.copy - b.copy.copy)
}

function isUsed(name: string, used: readonly string[]): boolean {
  // A mended copy has a longer name.
  return used.some((one) => one === name || one.startsWith(`${name} `))
}

/** The first of several equal copies, or everybody who contributed to a combination. */
function usedNames({ proven, best }: Verdict): readonly string[] {
  if (!proven) return best ? [best.name] : []
  const [first] = proven.from
  return first === undefined ? proven.parts.flatMap(({ from }) => from.slice(0, 1)) : [first]
}

function healthOf(
  { unreadable }: MetadataCopy,
  block: MetadataBlock | undefined,
  verdict: Verdict,
): CopyHealth {
  if (block) return block.crc === "right" && !isChanged(block, verdict) ? "intact" : "damaged"
  return unreadable.length > 0 ? "unreadable" : "missing"
}

/** Not as a holder of the key wrote it, in this generation or an older one. */
function isChanged(block: MetadataBlock, { proven, isHashed }: Verdict): boolean {
  if (!proven || !isHashed || isSameBlock(block, proven.block)) return false
  return block.dataset.header.nonceCounter >= nonceCounterOf(proven)
}

function foreignReason({ dataset }: MetadataBlock): string {
  return `belongs to another volume (${dataset.header.id}): left out`
}

const INTEGRITY: Readonly<Record<MetadataBlock["crc"], string>> = {
  right: "CRC-32 verifies",
  wrong: "CRC-32 is wrong",
  missing: "its validation block is missing",
}

function reasonFor(copy: MetadataCopy, block: MetadataBlock | undefined, verdict: Verdict): string {
  if (!block) {
    return copy.unreadable.length > 0
      ? `the place at ${hex(copy.offset)} cannot be read or lies beyond the end of the input`
      : `no metadata block at ${hex(copy.offset)}`
  }
  const integrity = hasSignature(block)
    ? INTEGRITY[block.crc]
    : `its header is destroyed, ${block.dataset.datums.length} datums behind it were found`
  const { proven, isHashed } = verdict
  if (!proven) return integrity
  if (isSameBlock(block, proven.block)) {
    return isHashed && block.crc !== "right" ? `${integrity}, but its SHA-256 verifies` : integrity
  }
  const name = proven.from[0] ?? "what the copies make together"
  const counter = block.dataset.header.nonceCounter
  if (block.crc === "right" && counter < nonceCounterOf(proven)) return `${integrity}, but ${name} is newer`
  const where = differenceOf(block, proven.block)
  if (isChanged(block, verdict) && block.crc === "right") {
    return `${integrity}, but its SHA-256 does not: ${where} was changed`
  }
  return `${integrity}: ${where} differs from ${name}`
}

/** "0x78..0x80 (description)". */
function differenceOf(block: MetadataBlock, proven: MetadataBlock): string {
  const length = Math.max(block.infoSize, proven.infoSize)
  let [first, last] = [length, -1]
  for (let at = 0; at < length; at++) {
    if (block.bytes[at] === proven.bytes[at]) continue
    first = Math.min(first, at)
    last = at
  }
  if (last < 0) return "its validation block"
  const where = extentBetween(first, last + 1)
  const places = placesIn(proven, where)
  const some = places.length > MOST_PLACES ? [...places.slice(0, MOST_PLACES), "and more"] : places
  return `${hexRange(where)} (${some.join(", ")})`
}

const MOST_PLACES = 3

function placesIn({ dataset }: MetadataBlock, { start, length }: Extent): string[] {
  const end = start + length
  const places = dataset.datums
    .filter((datum) => datum.offset < end && datum.offset + datum.size > start)
    .map(datumLabel)
  if (start < FIRST_DATUM && end > InformationHeader.size) places.unshift("dataset header")
  if (start < InformationHeader.size) places.unshift("information header")
  return places.length > 0 ? places : ["padding"]
}

/** A datum as people speak of it. */
export function datumLabel(datum: Datum): string {
  const protector = readKeyProtector(datum)
  if (protector) return `key protector ${protector.id}`
  if (datum.role === DatumRole.fvek) return "FVEK"
  if (datum.role === DatumRole.description) return "description"
  if (datum.type === DatumType.virtualizationInfo) return "virtualization info"
  return `datum of role ${hex(datum.role)}`
}
