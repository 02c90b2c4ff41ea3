/**
 * A metadata block out of bytes that need not be one any more: signature, headers and any datum may be gone. Datums are found
 * by themselves; the headers are what stands in their places, right or wrong, and `account.ts` judges them field by field.
 */
import { isAllZero, startsWithLatin1 } from "../bytes/compare.ts"
import { alignUp, hex } from "../extents/extent.ts"
import type { Finding } from "../findings.ts"
import {
  AREA_SIZE,
  type Datum,
  DatasetHeader,
  DatumHeader,
  FVE_SIGNATURE,
  InformationHeader,
  type MetadataBlock,
  UNIT_OF_VERSION_2,
  ValidationHeader,
  parseDatums,
  parseMetadataBlock,
  resyncDatums,
} from "../fve/index.ts"

/** Datums begin here in every block. */
export const FIRST_DATUM = InformationHeader.size + DatasetHeader.size
/** Of version 1 the area depends on the clusters: 16 KiB, or one cluster that is larger. */
export const AREA_SIZES: readonly number[] = [AREA_SIZE, 0x4000, 0x8000]

/**
 * @param position of the area in the volume, for the findings
 * @returns undefined where neither a signature nor a datum is
 */
export function salvageBlock(area: Uint8Array, position = 0): MetadataBlock | undefined {
  const parsed = parseMetadataBlock(area, position)
  if (parsed && !parsed.findings.some(({ code }) => BREAKS.has(code))) return parsed
  if (area.length < FIRST_DATUM) return parsed
  const end = findValidation(area) ?? parsed?.areaSize ?? area.length
  const datums = resyncDatums(area, FIRST_DATUM, end)
  if (!parsed && datums.length === 0) return undefined
  const block = parsed ?? parseMetadataBlock(withSignature(area), position)!
  const found: Finding = {
    code: FOUND_BEHIND_DAMAGE,
    severity: "damage",
    text: `the structure of the metadata block at ${hex(position)} is broken: ${datums.length} datums were found by themselves`,
    evidence: { datums: datums.length },
  }
  const findings = datums.length > 0 ? [...block.findings, found] : block.findings
  return { ...block, dataset: { ...block.dataset, datums }, findings, bytes: area.subarray(0, AREA_SIZE) }
}

/** After these the walk over the datums has ended too early, or not where it should. */
const BREAKS: ReadonlySet<string> = new Set(["datum-broken", "dataset-header-wrong", "metadata-header-wrong"])

const FOUND_BEHIND_DAMAGE = "datums-found-behind-damage"

/** Whether its datums had to be found by themselves. */
export function isBroken({ findings }: MetadataBlock): boolean {
  return findings.some(({ code }) => code === FOUND_BEHIND_DAMAGE)
}

export function hasSignature({ bytes }: Pick<MetadataBlock, "bytes">): boolean {
  return startsWithLatin1(bytes, FVE_SIGNATURE)
}

function withSignature(area: Uint8Array): Uint8Array {
  const bytes = area.slice(0, AREA_SIZE)
  for (let i = 0; i < FVE_SIGNATURE.length; i++) bytes[i] = FVE_SIGNATURE.charCodeAt(i)
  return bytes
}

/** Where the validation block is, by its own size: it ends where the area does. */
export function findValidation(area: Uint8Array): number | undefined {
  for (let at = FIRST_DATUM; at + ValidationHeader.size <= area.length; at += UNIT_OF_VERSION_2) {
    if (isAllZero(area.subarray(at, at + ValidationHeader.size))) continue
    const { size, version } = ValidationHeader.parse(area, at)
    if (AREA_SIZES.includes(at + size) && (version === 1 || version === 2)) return at
  }
  return undefined
}

/** The datum with the hash, found where the header does not lead to it too. */
export function hashDatumOf({ bytes, infoSize, validation }: MetadataBlock): Datum | undefined {
  if (validation?.hash) return validation.hash
  const start = (findValidation(bytes) ?? infoSize) + ValidationHeader.size
  return parseDatums(bytes, start, start + HASH_DATUM_SIZE, []).at(0)
}

/** An AES-CCM datum with a key datum of 32 bytes in it. */
export const HASH_DATUM_SIZE = 80

/** Every size that the covered part may have, by the header, the dataset, the datums and the validation block. */
export function infoSizesOf({ bytes, infoSize, dataset }: MetadataBlock): number[] {
  const last = dataset.datums.at(-1)
  const ends = [InformationHeader.size + dataset.header.end, last ? endOfDatum(last) : 0]
  const sizes = [findValidation(bytes) ?? 0, infoSize, ...ends.map((end) => alignUp(end, UNIT_OF_VERSION_2))]
  const room = bytes.length - ValidationHeader.size - DatumHeader.size
  return [...new Set(sizes)].filter((size) => size > FIRST_DATUM && size <= room)
}

function endOfDatum({ offset, size }: Datum): number {
  return offset + size
}
