/**
 * Everything that speaks for one volume's metadata, as witnesses: the copies in their places, and metadata blocks that came
 * as key packages. Those of another volume are set apart first, since an old encryption of the same disk leaves blocks that
 * are intact, open with the same password, and are wrong in every byte.
 */
import { toHex } from "../bytes/hex.ts"
import { type Extent, hex } from "../extents/extent.ts"
import {
  AesCcmBody,
  DatasetHeader,
  type Datum,
  DatumRole,
  DatumType,
  type FveBootSector,
  type KeyPackage,
  type MetadataBlock,
  type MetadataCopy,
  copyName,
  freeNonceCounter,
  readKeyProtector,
} from "../fve/index.ts"
import type { Testimony } from "./patchwork.ts"
import { hasSignature, hashDatumOf, isBroken, salvageBlock } from "./salvage-block.ts"

export interface MetadataEvidence {
  readonly copies: readonly MetadataCopy[]
  readonly packages?: readonly KeyPackage[]
  /** Blocks of this volume where none of its copies belongs: a virtual disk or a shadow copy may hold one. */
  readonly displaced?: readonly DisplacedBlock[]
  /** Datums that were found without a metadata block around them. */
  readonly strays?: readonly Datum[]
  /** What lies outside of the metadata and says the same again. */
  readonly boot?: FveBootSector
  /** How many bytes the volume may have: its partition's, its source's. */
  readonly sizes?: readonly number[]
}

export interface DisplacedBlock {
  /** Position in the source. */
  readonly at: number
  readonly block: MetadataBlock
}

export interface Witness extends Testimony {
  /** Of the copies; a key package has no place on the volume, and a displaced block not its own. */
  readonly copy?: MetadataCopy
  readonly isDisplaced?: true
  /** Absent where nothing could be read of it. */
  readonly block?: MetadataBlock
  /** Nothing in it ties it to the others: it may be what an earlier encryption left in their place. */
  readonly mayBeForeign?: boolean
}

export interface Witnesses {
  readonly own: readonly Witness[]
  /** Of other volumes. */
  readonly foreign: readonly Witness[]
}

export function callWitnesses({ copies, packages = [], displaced = [] }: MetadataEvidence): Witnesses {
  const all = [
    ...copies.map(witnessOfCopy),
    ...packages.flatMap(({ block }, i) => (block ? [witnessOfBlock(block, packageName(i))] : [])),
    ...displaced.map(({ at, block }) => ({
      ...witnessOfBlock(block, `the block met at ${hex(at)}`),
      isDisplaced: true as const,
    })),
  ]
  const families = familiesOf(all.filter(({ block }) => block !== undefined))
  const [home, ...others] = families.sort((a, b) => standing(b) - standing(a) || createdIn(b) - createdIn(a))
  const strangers = others.filter((family) => home?.some(isNamed) && family.some(isStranger))
  const foreign = strangers.flat()
  const unrelated = new Set(others.flat())
  // What bears no name, or a damaged one, is taken as at home where it lies; but its keys are not trusted for that.
  const own = all
    .filter((witness) => !foreign.includes(witness))
    .map((witness) => (unrelated.has(witness) ? { ...witness, mayBeForeign: true } : witness))
  return { own, foreign }
}

/**
 * Those that are newer than the block by their own account, which may be damage: by their dataset header, or by datums that
 * were wrapped since.
 */
export function newerThan(block: MetadataBlock, own: readonly Witness[]): Witness[] {
  const { id, nonceCounter } = block.dataset.header
  const isNewer = (counter: number): boolean => isSoonAfter(counter, nonceCounter)
  return own.filter((witness) => {
    if (!witness.block) return false
    const { header, datums } = witness.block.dataset
    const wrapped = [...datums, ...hashOf(witness.block)]
    return (
      (header.id === id && isNewer(header.nonceCounter)) ||
      wrapped.some((one) => isNewer(freeNonceCounter([one])))
    )
  })
}

/** Whether the blocks were written at different times: then some of them are out of date. */
export function hasSeveralGenerations(own: readonly Witness[]): boolean {
  const blocks = own.flatMap(({ block }) => (block ? [block] : []))
  const hashed = blocks.map((block) => freeNonceCounter(hashOf(block)))
  return (
    blocks.some((block) => newerThan(block, own).length > 0) ||
    hashed.some((counter) => hashed.some((other) => isSoonAfter(counter, other)))
  )
}

function hashOf(block: MetadataBlock): Datum[] {
  const datum = hashDatumOf(block)
  return datum ? [datum] : []
}

function isSoonAfter(counter: number, before: number): boolean {
  return counter > before && counter < before + MOST_SINCE
}
/** Changes of the metadata between two generations; a counter that is further off is damage. */
const MOST_SINCE = 1 << 16

/** Whether its dataset header can be believed as far as it names a volume. */
function isNamed({ block }: Witness): boolean {
  if (!block || DatasetHeader.unexpected(block.dataset.header).length > 0) return false
  return !/^([0F])\1*$/.test(block.dataset.header.id.replaceAll("-", ""))
}

/** Of a family that has nothing in common with the volume's own: whether that is more than damage. */
function isStranger(witness: Witness): boolean {
  const { block, copy } = witness
  if (!block || !isNamed(witness)) return false
  const places = block.header.copyOffsets
  const isWhole = places.every((at) => at > 0n && at % SECTOR === 0n) && hasSignature(block)
  return block.crc === "right" || (copy !== undefined && isWhole && !places.includes(BigInt(copy.offset)))
}
const SECTOR = 512n

export function packageName(index: number): string {
  return `key package ${index + 1}`
}

function witnessOfCopy(copy: MetadataCopy): Witness {
  const unreadable: Extent[] = copy.unreadable.map((e) => ({ ...e, start: e.start - copy.offset }))
  const block = salvageBlock(copy.bytes, copy.offset)
  return { name: copyName(copy.copy), bytes: copy.bytes, unreadable, copy, ...(block && { block }) }
}

function witnessOfBlock(block: MetadataBlock, name: string): Witness {
  return { name, bytes: block.bytes, unreadable: [], block }
}

/** Those that share an identifier or a wrapped key: both are made by chance, so one in common is enough. */
function familiesOf(witnesses: readonly Witness[]): Witness[][] {
  let families: { members: Witness[]; marks: Set<string> }[] = []
  for (const witness of witnesses) {
    const marks = marksOf(witness.block!)
    const related = families.filter((family) => [...marks].some((mark) => family.marks.has(mark)))
    const joined = {
      members: [...related.flatMap(({ members }) => members), witness],
      marks: new Set([...related.flatMap((family) => [...family.marks]), ...marks]),
    }
    families = [...families.filter((family) => !related.includes(family)), joined]
  }
  return families.map(({ members }) => members)
}

function marksOf({ dataset }: MetadataBlock): Set<string> {
  const marks = new Set([dataset.header.id])
  const add = (datums: readonly Datum[]): void => {
    for (const { type, body, properties } of datums) {
      if (type === DatumType.aesCcm) marks.add(toHex(body.subarray(0, AesCcmBody.size)))
      add(properties)
    }
  }
  add(dataset.datums)
  for (const protector of dataset.datums.map(readKeyProtector)) if (protector) marks.add(protector.id)
  return marks
}

/** How surely a family is at home on this volume: the sum of what speaks for its best member. */
function standing(family: readonly Witness[]): number {
  return Math.max(
    ...family.map(({ block, copy }) => {
      const namesItsPlace = copy && block!.header.copyOffsets[copy.copy - 1] === BigInt(copy.offset)
      const signs = [block!.crc === "right", namesItsPlace, hasKeys(block!), !isBroken(block!), copy]
      return signs.filter(Boolean).length
    }),
  )
}

function hasKeys({ dataset }: MetadataBlock): boolean {
  const roles = new Set(dataset.datums.map(({ role }) => role))
  return roles.has(DatumRole.keyProtector) && roles.has(DatumRole.fvek)
}

/** Between 2000 and 2100: any other time is damage. */
const [EARLIEST, LATEST] = [125911584000000000n, 157469184000000000n]

function createdIn(family: readonly Witness[]): number {
  const times = family.map(({ block }) => block!.dataset.header.created)
  return Math.max(0, ...times.filter((time) => time > EARLIEST && time < LATEST).map(Number))
}
