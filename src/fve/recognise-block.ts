/**
 * A metadata block met by a search, wherever it is. The signature alone is in documents and programs too, so header or
 * dataset must be plausible, and what of the block holds is graded: volumes are derived from the best ones first.
 */
import { filetimeToDate } from "../bytes/filetime.ts"
import { crc32 } from "../bytes/crc32.ts"
import { startsWithLatin1 } from "../bytes/compare.ts"
import { type Dataset, DatasetHeader } from "./dataset.ts"
import { DatumType, VmkInfoBody } from "./datum-layout.ts"
import { known } from "./known.ts"
import {
  AREA_SIZE,
  FVE_SIGNATURE,
  InformationHeader,
  type MetadataBlock,
  parseMetadataBlock,
} from "./metadata-block.ts"
import { places } from "./places.ts"
import type { BlockHealth, BlockTrace } from "./trace.ts"
import { readVolumeFacts } from "./volume-facts.ts"

const HEADERS_SIZE = InformationHeader.size + DatasetHeader.size
/** Offsets of copies are whole sectors, and sectors have this size at least. */
const SECTOR = 512
const COPIES = 3

/** Whether the headers alone, the first 112 bytes, make it worth to read the whole area. */
export function mayBeMetadataBlock(bytes: Uint8Array): boolean {
  if (bytes.length < HEADERS_SIZE || !startsWithLatin1(bytes, FVE_SIGNATURE)) return false
  const { version } = InformationHeader.parse(bytes)
  const dataset = DatasetHeader.parse(bytes, InformationHeader.size)
  return isVersion(version) || DatasetHeader.unexpected(dataset).length === 0
}

/** @param area what is in its place, up to the size of an area */
export function recogniseBlock(area: Uint8Array, at: number): BlockTrace | undefined {
  const block = mayBeMetadataBlock(area) ? parseMetadataBlock(area) : undefined
  const health = block && healthOf(block)
  if (!block || !health) return undefined
  const facts = readVolumeFacts(block)
  return {
    kind: "metadata-block",
    at,
    health,
    version: facts.version,
    volumeId: facts.volumeId,
    copyOffsets: copyOffsetsOf(block),
    areaSize: block.areaSize,
    state: facts.state,
    watermark: facts.watermark,
    usesEow: usesEow(facts.extensionFlags ?? 0n),
    nonceCounter: facts.nonceCounter,
    crc: crc32(area.subarray(0, Math.min(block.infoSize, AREA_SIZE))),
    ...known({
      sectorSize: facts.sectorSize,
      headBackup: facts.headBackup,
      changed: lastChange(block.dataset)?.toISOString(),
    }),
  }
}

function healthOf(block: MetadataBlock): BlockHealth | undefined {
  const { header, validation, infoSize, areaSize, crc, dataset, findings } = block
  if (crc === "right") return "intact"
  if (validation && isVersion(header.version) && infoSize + validation.header.size === areaSize)
    return "sized"
  const isWalkable = !findings.some(({ code }) => code === "datum-broken" || code === "dataset-header-wrong")
  if (isWalkable && dataset.datums.length > 0 && dataset.header.version === 1) return "tiled"
  const isPlausible = !findings.some(({ code }) => code === "metadata-header-wrong")
  return isPlausible && copyOffsetsOf(block).length === COPIES ? "header" : undefined
}

/** None when the field cannot be right: a wrong place misleads more than none. */
function copyOffsetsOf({ header }: MetadataBlock): number[] {
  const offsets = places(header.copyOffsets)
  const isRight = new Set(offsets).size === COPIES && offsets.every((offset) => offset % SECTOR === 0)
  return isRight ? offsets : []
}

function isVersion(version: number): boolean {
  return version === 1 || version === 2
}

/** Flag 0x40 of the virtualization extension; To Go volumes, which have 0x800, set it for something else. */
function usesEow(flags: bigint): boolean {
  return (flags & 0x40n) !== 0n && (flags & 0x800n) === 0n
}

const FIRST_YEAR = 2006
const LAST_YEAR = 2106

/** The latest of the dates that can be dates: the format is from 2006. */
function lastChange({ header, datums }: Dataset): Date | undefined {
  const protectors = datums.filter(
    ({ type, body }) => type === DatumType.vmkInfo && body.length >= VmkInfoBody.size,
  )
  return [header.created, ...protectors.map(({ body }) => VmkInfoBody.parse(body).created)]
    .map(filetimeToDate)
    .filter(
      (date) =>
        date !== undefined && date.getUTCFullYear() >= FIRST_YEAR && date.getUTCFullYear() < LAST_YEAR,
    )
    .reduce((latest, date) => (latest && latest > date! ? latest : date), undefined)
}
