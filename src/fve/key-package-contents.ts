/**
 * What a key package is around its datums: a metadata block, a dataset with or without other bytes before it, or nothing at
 * all. Tried in this order, since each says less of its volume than the one before.
 *
 * Only a VMK info or an FVEK makes bytes count as a key package. Damaged ones count too: the tags will tell.
 */
import { indexOfBytes } from "../bytes/compare.ts"
import { viewOf } from "../bytes/struct.ts"
import { serializeUtf16 } from "../bytes/utf16.ts"
import type { Finding } from "../findings.ts"
import { DatasetHeader } from "./dataset.ts"
import { type Datum, parseDatums } from "./datum.ts"
import { findKeyDatums, isKeyDatum } from "./key-package-datums.ts"
import {
  AREA_SIZE,
  FVE_SIGNATURE,
  InformationHeader,
  type MetadataBlock,
  parseMetadataBlock,
} from "./metadata-block.ts"
import { resyncDatums } from "./resync-datums.ts"

export type KeyPackageVariant =
  /** What Windows is expected to write. */
  | "dataset"
  /** The same behind a header of up to 512 bytes. */
  | "prefixed-dataset"
  | "metadata-block"
  /** Datums one behind the other, or single ones among other bytes. */
  | "bare-datums"

/** What a whole file may cost beyond one look at its bytes. */
export interface Allowance {
  /** Damaged datasets that are gone over again. */
  resyncs: number
}

/** More than the copies of a volume, and few enough for bytes that are made to cost time. */
export function allowanceOfFile(): Allowance {
  return { resyncs: 8 }
}

/** An FVEK datum alone, of the shortest key. */
const SMALLEST = 64

export interface Contents {
  readonly variant: KeyPackageVariant
  readonly datums: readonly Datum[]
  /** Of the dataset, where there is one. */
  readonly header?: DatasetHeader
  readonly block?: MetadataBlock
  readonly findings: readonly Finding[]
}

/** The packages in bytes as they are: several where there are several metadata blocks. */
export function readContents(source: Uint8Array, allowance: Allowance): Contents[] {
  if (source.length < SMALLEST) return []
  const blocks = readBlocks(source, allowance)
  if (blocks.length > 0) return blocks
  const contents = readDataset(source, allowance) ?? readBareDatums(source)
  return contents ? [contents] : []
}

/** Single bytes, in a text of one byte a character. */
const SIGNATURE = serializeUtf16(FVE_SIGNATURE).filter((_, i) => i % 2 === 0)

/** Metadata blocks, at any offset: a file may be a carved area, with all three copies in it. */
function readBlocks(source: Uint8Array, allowance: Allowance): Contents[] {
  const found: Contents[] = []
  // Each try may walk an area, and crafted bytes may repeat the signature.
  let tries = 2 + (2 * source.length) / AREA_SIZE
  let at = indexOfBytes(source, SIGNATURE)
  for (; at >= 0 && tries > 0; tries--) {
    const block = parseMetadataBlock(source.subarray(at))
    const datums = block && datumsOf(block, allowance)
    if (datums) {
      const { dataset, findings } = block
      found.push({ variant: "metadata-block", header: dataset.header, datums, block, findings })
    }
    at = indexOfBytes(source, SIGNATURE, at + (datums ? Math.max(block.infoSize, 1) : 1))
  }
  return found
}

function datumsOf(
  { bytes, dataset, findings, validation, infoSize }: MetadataBlock,
  allowance: Allowance,
): readonly Datum[] | undefined {
  const start = InformationHeader.size + DatasetHeader.size
  const room = { source: bytes, start, end: validation ? infoSize : bytes.length }
  return completeDatums(dataset.datums, room, findings, allowance)
}

interface Room {
  readonly source: Uint8Array
  readonly start: number
  readonly end: number
}

/**
 * Where damage ended a walk, one that bears damage goes over the same bytes again. It sees datums in noise too, so first
 * a whole one must be there. `undefined`: nothing counts.
 */
function completeDatums(
  walked: readonly Datum[],
  { source, start, end }: Room,
  findings: readonly Finding[],
  allowance: Allowance,
): readonly Datum[] | undefined {
  if (!findings.some(({ code }) => code === "datum-broken")) {
    return walked.some(isKeyDatum) ? walked : undefined
  }
  const whole = findKeyDatums(source.subarray(0, end)).filter(({ offset }) => offset >= start)
  if (whole.length === 0 && !walked.some(isKeyDatum)) return undefined
  const found = allowance.resyncs-- > 0 ? resyncDatums(source, start, end) : walked
  const all = [...found, ...whole.filter(({ offset }) => !found.some((datum) => datum.offset === offset))]
  // A walk that bears damage may pass over what the first one met.
  return all.some(isKeyDatum) ? all : [...walked, ...whole]
}

/** How far from the start of a file its dataset may begin. */
const LONGEST_PREFIX = 512
/** Datasets come out of metadata areas; the zeros in the sizes of its header are what tells one from other bytes. */
const LARGEST_DATASET = AREA_SIZE
/** Headers to look behind, each of which may cost the walk of a dataset: bytes that look like one are hardly ever another thing. */
const MOST_HEADERS = 4

/** Cut ones too. */
function readDataset(source: Uint8Array, allowance: Allowance): Contents | undefined {
  const version = DatasetHeader.offsetOf("version")
  const view = viewOf(source)
  const last = Math.min(LONGEST_PREFIX, source.length - DatasetHeader.size)
  let headers = 0
  for (let at = 0; at <= last && headers < MOST_HEADERS; at++) {
    if (view.getUint32(at + version, true) !== 1) continue
    const header = DatasetHeader.parse(source, at)
    const { start, end, size } = header
    if (start < DatasetHeader.size || start > end || end > size || size > LARGEST_DATASET) continue
    headers++
    const findings: Finding[] = []
    const room = { source, start: at + start, end: Math.min(at + end, source.length) }
    const walked = parseDatums(source, room.start, room.end, findings)
    const datums = completeDatums(walked, room, findings, allowance)
    if (datums) return { variant: at === 0 ? "dataset" : "prefixed-dataset", header, datums, findings }
  }
  return undefined
}

function readBareDatums(source: Uint8Array): Contents | undefined {
  const variant = "bare-datums"
  const faults: Finding[] = []
  const all = source.length > LARGEST_DATASET ? [] : parseDatums(source, 0, source.length, faults)
  if (faults.length === 0 && all.some(isKeyDatum)) return { variant, datums: all, findings: [] }
  const datums = findKeyDatums(source)
  return datums.length > 0 ? { variant, datums, findings: [] } : undefined
}
