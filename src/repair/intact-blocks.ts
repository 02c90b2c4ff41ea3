/**
 * Metadata blocks whose CRC-32 is right: copies that are intact, and combinations of damaged ones. The CRC covers nothing
 * but what it covers: whether its author held the key is for `settle` to find out.
 */
import { equalBytes } from "../bytes/compare.ts"
import { type MetadataBlock, ValidationHeader, parseMetadataBlock } from "../fve/index.ts"
import { mend } from "./mend.ts"
import { type Choice, type Part, findByCrc, partsOf, sew } from "./combinations.ts"
import { type Patchwork, type Testimony, patchworks, wholes } from "./patchwork.ts"
import { infoSizesOf } from "./salvage-block.ts"
import type { MetadataEvidence, Witness } from "./witnesses.ts"

export interface Candidate {
  readonly block: MetadataBlock
  /** All copies that hold these very bytes. */
  readonly from: readonly string[]
  /** Of a combination: who each piece came from, where the copies differ. */
  readonly parts: readonly Part[]
}

/** Newest first. */
export function findIntactBlocks(own: readonly Witness[], evidence: MetadataEvidence): Candidate[] {
  const copies = intactAmong(own.filter(({ copy }) => copy))
  const combined = combineDamaged(own, evidence).filter(
    ({ block }, i, all) => all.findIndex((other) => isSameBlock(other.block, block)) === i,
  )
  const onVolume = [
    ...copies,
    ...combined.filter(({ block }) => !copies.some((one) => isSameBlock(one.block, block))),
  ]
  // A key package may be a block of its own, with fewer datums than the volume's: it counts where nothing else is left.
  const found = onVolume.length > 0 ? onVolume : intactAmong(own)
  return found.sort((a, b) => nonceCounterOf(b) - nonceCounterOf(a))
}

function intactAmong(witnesses: readonly Witness[]): Candidate[] {
  const found: Candidate[] = []
  for (const { name, block } of witnesses) {
    if (block?.crc !== "right") continue
    const twin = found.findIndex((other) => isSameBlock(other.block, block))
    if (twin < 0) found.push({ block, from: [name], parts: [] })
    else found[twin] = { ...found[twin]!, from: [...found[twin]!.from, name] }
  }
  return found
}

export function nonceCounterOf({ block }: Pick<Candidate, "block">): number {
  return block.dataset.header.nonceCounter
}

/** The same as far as the checksums reach. */
export function isSameBlock(a: MetadataBlock, b: MetadataBlock): boolean {
  return equalBytes(a.bytes.subarray(0, a.infoSize), b.bytes.subarray(0, b.infoSize))
}

function combineDamaged(own: readonly Witness[], evidence: MetadataEvidence): Candidate[] {
  const damaged = own.filter(({ block }) => block?.crc !== "right")
  if (damaged.every(({ block }) => block === undefined)) return []
  const found: Candidate[] = []
  const testimonies = testimoniesOf(damaged, evidence)
  for (const infoSize of coveredSizes(damaged)) {
    const crcs = new Set(own.flatMap(({ bytes }) => crcAt(bytes, infoSize)))
    for (const one of [...wholes(testimonies, infoSize), ...patchworks(testimonies, infoSize)]) {
      const choice = findByCrc(one, crcs)
      const candidate = choice && candidateOf(one, choice, own)
      if (!candidate) continue
      found.push(candidate)
      break
    }
  }
  return found
}

/** What the witnesses say, and behind it what they must have said. */
export function testimoniesOf(witnesses: readonly Witness[], evidence: MetadataEvidence): Testimony[] {
  return [...witnesses, ...witnesses.flatMap((witness) => mend(witness, evidence))]
}

/** How much the checksums may cover, by all that the witnesses say of it. */
export function coveredSizes(witnesses: readonly Witness[]): number[] {
  return [...new Set(witnesses.flatMap(({ block }) => (block ? infoSizesOf(block) : [])))]
}

function crcAt(bytes: Uint8Array, infoSize: number): number[] {
  const hasRoom = infoSize + ValidationHeader.size <= bytes.length
  return hasRoom ? [ValidationHeader.parse(bytes, infoSize).crc] : []
}

/** The combination as a block; its validation block comes from the witness that has the right one. */
function candidateOf(
  patchwork: Patchwork,
  choice: Choice,
  witnesses: readonly Witness[],
): Candidate | undefined {
  const covered = sew(patchwork, choice)
  const blocks = witnesses.flatMap(({ bytes, copy }) => {
    // One that the end of the image cuts has no validation block either.
    if (bytes.length < covered.length) return []
    const area = bytes.slice()
    area.set(covered)
    const block = parseMetadataBlock(area, copy?.offset)
    return block?.crc === "right" && block.infoSize === covered.length ? [block] : []
  })
  const block = blocks.find(({ validation }) => validation?.hash) ?? blocks[0]
  return block && { block, from: [], parts: partsOf(patchwork, choice) }
}
