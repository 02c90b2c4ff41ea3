/** One volume of an input, read as far as no key is needed: its metadata copies, judged, and what they say. */
import type { Finding } from "../findings.ts"
import {
  type FveBootSector,
  type KeyProtector,
  type MetadataBlock,
  type VolumeFacts,
  readKeyProtectors,
  readVolumeFacts,
} from "../fve/index.ts"
import { type VolumePlace, surveyMetadata } from "../locate/index.ts"
import { type JudgedCopy, chooseMetadata } from "../repair/index.ts"
import type { ByteSource, SourceSpec } from "../source/byte-source.ts"
import { type OpenInput, sliceOf } from "./open-input.ts"

/** The sector size of nearly every disk, where neither metadata nor boot sector names one. */
const USUAL_SECTOR_SIZE = 512

export interface OpenVolume {
  readonly index: number
  readonly place: VolumePlace
  readonly source: ByteSource
  readonly spec: SourceSpec
  readonly copies: readonly JudgedCopy[]
  /** Absent when no copy could be parsed. */
  readonly metadata?: VolumeMetadata
}

export interface VolumeMetadata {
  readonly block: MetadataBlock
  readonly facts: VolumeFacts
  readonly sectorSize: number
  readonly protectors: readonly KeyProtector[]
  readonly findings: readonly Finding[]
}

export async function openVolume(
  input: OpenInput,
  place: VolumePlace,
  index: number,
  signal: AbortSignal,
): Promise<OpenVolume> {
  const { source, spec } = sliceOf(input, place.extent)
  const copies = chooseMetadata(await surveyMetadata(source, place.boot.metadataOffsets, signal))
  const block = copies.find(({ chosen }) => chosen)?.copy.block
  const metadata = block && readMetadata(block, place.boot)
  return { index, place, source, spec, copies, ...(metadata && { metadata }) }
}

function readMetadata(block: MetadataBlock, boot: FveBootSector): VolumeMetadata {
  const facts = readVolumeFacts(block, boot.sectorSize)
  return {
    block,
    facts,
    sectorSize: facts.sectorSize ?? (boot.sectorSize || USUAL_SECTOR_SIZE),
    protectors: readKeyProtectors(block.dataset),
    findings: block.findings,
  }
}

/** Nothing on the volume is encrypted: it has no key, and needs none. */
export function isDecrypted({ facts }: VolumeMetadata): boolean {
  return !facts.hasFvek && facts.methodNumber === 0
}
