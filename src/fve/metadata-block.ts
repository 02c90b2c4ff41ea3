/**
 * A metadata block, of which a volume holds three identical copies: information header, dataset, zero padding, validation
 * block, zeros to the end of its area. Version 1 is Windows Vista, version 2 everything since.
 *
 * The CRC-32 answers "is this copy intact", the SHA-256 under the VMK "was it written by a holder of the key"; both cover
 * the same bytes, `[0, infoSize)`, padding included. A copy with a wrong CRC is still parsed: its keys may be undamaged.
 */
import { startsWithLatin1 } from "../bytes/compare.ts"
import { crc32 } from "../bytes/crc32.ts"
import { array, latin1, type Parsed, struct, u16, u32, u64 } from "../bytes/struct.ts"
import { extent, hex } from "../extents/extent.ts"
import type { Finding } from "../findings.ts"
import { type Dataset, DatasetHeader, parseDataset } from "./dataset.ts"
import { DatumHeader } from "./datum-layout.ts"
import { type Datum, parseDatums } from "./datum.ts"

export const FVE_SIGNATURE = "-FVE-FS-"

export const InformationHeader = struct("information header", {
  signature: latin1(8, "signature", FVE_SIGNATURE),
  size: u16("size of what the checksums cover: bytes in version 1, units of 16 bytes in version 2"),
  version: u16("1: Windows Vista, 2: Windows 7 and later"),
  state: u16(
    "conversion state: 1 decrypted, 2 converting, 3 paused, 4 encrypted, 5 converting without a log",
  ),
  nextState: u16("the state that a conversion leads to"),
  watermark: u64("bytes below are stored encrypted while converting; else the volume's size or 0"),
  logSize: u32("bytes in the conversion log at the watermark; 0 unless state is 2"),
  headSectorCount: u32("sectors in the relocated head of the volume; 0 in version 1"),
  copyOffsets: array(3, u64(""), "where the three copies are"),
  headBackup: u64("version 2: where the head of the volume is kept; version 1: LCN of the original $MFTMirr"),
})
export type InformationHeader = Parsed<typeof InformationHeader>

export const ValidationHeader = struct("validation block", {
  size: u16("bytes from here to the end of the area"),
  version: u16("1 in version 1, 2 in version 2"),
  crc: u32("CRC-32 of everything before this block"),
})
export type ValidationHeader = Parsed<typeof ValidationHeader>

export interface Validation {
  readonly header: ValidationHeader
  /** Wrapped by the VMK; a plain key datum where the volume has none. Holds the SHA-256 of `[0, infoSize)`. */
  readonly hash: Datum | undefined
}

export interface MetadataBlock {
  readonly header: InformationHeader
  readonly dataset: Dataset
  readonly validation?: Validation
  /** Bytes that the checksums cover. */
  readonly infoSize: number
  /** Bytes of the copy's whole area, all of which read as zeros in the plaintext volume. */
  readonly areaSize: number
  /** `missing`: the validation block lies outside of what could be read. */
  readonly crc: "right" | "wrong" | "missing"
  /** Extents are positions in the volume when the copy's own position was given. */
  readonly findings: readonly Finding[]
  /** The copy as read, up to its area. */
  readonly bytes: Uint8Array
}

/** The area of version 2, and the most that any version takes. */
export const AREA_SIZE = 0x10000
/** Version 1 with clusters of 4 KiB. */
const VISTA_AREA_SIZE = 0x4000
export const UNIT_OF_VERSION_2 = 16
const HEADERS_SIZE = InformationHeader.size + DatasetHeader.size

/**
 * Parses one copy, however damaged.
 * @param area the bytes at the copy's place, as many as there are
 * @param position where the copy lies in the volume, for the findings
 * @returns undefined when there is no signature, or not even room for the headers
 */
export function parseMetadataBlock(area: Uint8Array, position = 0): MetadataBlock | undefined {
  if (area.length < HEADERS_SIZE || !startsWithLatin1(area, FVE_SIGNATURE)) return undefined
  const source = area.subarray(0, AREA_SIZE)
  const findings: Finding[] = []
  const header = InformationHeader.parse(source)
  const infoSize = header.version === 1 ? header.size : header.size * UNIT_OF_VERSION_2
  const plausible = infoSize >= HEADERS_SIZE && infoSize < AREA_SIZE
  if (!plausible || header.version === 0 || header.version > 2) {
    findings.push({
      code: "metadata-header-wrong",
      severity: "damage",
      text: `metadata block of version ${header.version} covers ${infoSize} bytes`,
      extent: extent(0, InformationHeader.size),
      evidence: { version: header.version, infoSize },
    })
  }
  const limit = plausible ? infoSize : source.length
  const dataset = parseDataset(source, InformationHeader.size, limit, findings)
  if (!dataset) return undefined
  const validation = plausible ? parseValidation(source, infoSize, findings) : undefined
  const crc = verifyCrc(source, infoSize, validation)
  if (crc !== "right") findings.push(crcFinding(crc, infoSize))
  return {
    header,
    dataset,
    ...(validation && { validation }),
    infoSize,
    areaSize: areaSizeOf(header, infoSize, validation),
    crc,
    findings: findings.map((finding) => moved(finding, position)),
    bytes: source,
  }
}

function parseValidation(source: Uint8Array, at: number, findings: Finding[]): Validation | undefined {
  if (at + ValidationHeader.size > source.length) return undefined
  const header = ValidationHeader.parse(source, at)
  const start = at + ValidationHeader.size
  // One datum, and zeros behind it.
  const size = start + DatumHeader.size <= source.length ? DatumHeader.parse(source, start).size : 0
  const [hash] = size === 0 ? [] : parseDatums(source, start, start + size, findings)
  return { header, hash }
}

function verifyCrc(
  source: Uint8Array,
  infoSize: number,
  validation: Validation | undefined,
): MetadataBlock["crc"] {
  if (!validation) return "missing"
  return crc32(source.subarray(0, infoSize)) === validation.header.crc ? "right" : "wrong"
}

function areaSizeOf(header: InformationHeader, infoSize: number, validation: Validation | undefined): number {
  if (header.version !== 1) return AREA_SIZE
  const claimed = infoSize + (validation?.header.size ?? 0)
  return claimed % 512 === 0 && claimed >= VISTA_AREA_SIZE && claimed <= AREA_SIZE ? claimed : VISTA_AREA_SIZE
}

function crcFinding(crc: "wrong" | "missing", infoSize: number): Finding {
  return {
    code: `metadata-crc-${crc}`,
    severity: "damage",
    text:
      crc === "wrong"
        ? `CRC-32 of the metadata block does not match its ${infoSize} bytes`
        : `the validation block at ${hex(infoSize)} of the metadata block is missing`,
    extent: extent(0, infoSize),
  }
}

function moved(finding: Finding, by: number): Finding {
  return finding.extent
    ? { ...finding, extent: { ...finding.extent, start: finding.extent.start + by } }
    : finding
}
