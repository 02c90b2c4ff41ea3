/**
 * What a damaged block must have said: sizes follow from the datums, and most of the header stands a second time elsewhere
 * (virtualization info, the places of the copies, the size of the volume). A mended block is one more testimony, and only a
 * checksum makes it more than that.
 */
import { byteOffset } from "../bytes/byte-offset.ts"
import { alignUp } from "../extents/extent.ts"
import {
  ConversionState,
  DatasetHeader,
  type Datum,
  DatumHeader,
  FVE_SIGNATURE,
  InformationHeader,
  type MetadataBlock,
  UNIT_OF_VERSION_2,
  ValidationHeader,
  readVirtualization,
} from "../fve/index.ts"
import type { Testimony } from "./patchwork.ts"
import { findValidation } from "./salvage-block.ts"
import type { MetadataEvidence, Witness } from "./witnesses.ts"

/** The witness as it was, as far as that follows from itself and from what lies around it. */
export function mend({ name, bytes, unreadable, block }: Witness, evidence: MetadataEvidence): Testimony[] {
  if (!block || block.dataset.datums.length === 0) return []
  const mended = bytes.slice()
  writeSizes(mended, block)
  const heads = likelyHeaders(block, mended, evidence)
  return [mended, ...heads.map((header) => withHeader(mended, header))].map((bytes) => ({
    name: `${name} with what follows from the rest of it`,
    bytes,
    unreadable,
  }))
}

function writeSizes(bytes: Uint8Array, block: MetadataBlock): void {
  const { datums, header } = block.dataset
  writeDatumHeaders(bytes, datums)
  const last = datums.at(-1)!
  const size = last.offset + last.size - InformationHeader.size
  const fixed = { size, end: size, start: DatasetHeader.size, version: 1 }
  bytes.set(DatasetHeader.serialize({ ...header, ...fixed }), InformationHeader.size)
  const infoSize = findValidation(bytes) ?? alignUp(InformationHeader.size + size, UNIT_OF_VERSION_2)
  const version = versionOf(bytes, infoSize) ?? block.header.version
  const unit = version === 1 ? 1 : UNIT_OF_VERSION_2
  const information = { ...block.header, signature: FVE_SIGNATURE, size: infoSize / unit, version }
  if (information.size <= 0xffff) bytes.set(InformationHeader.serialize(information))
}

function versionOf(bytes: Uint8Array, infoSize: number): number | undefined {
  if (infoSize + ValidationHeader.size > bytes.length) return undefined
  const { version } = ValidationHeader.parse(bytes, infoSize)
  return version === 1 || version === 2 ? version : undefined
}

function writeDatumHeaders(bytes: Uint8Array, datums: readonly Datum[]): void {
  for (const { offset, size, role, type, flags, properties } of datums) {
    bytes.set(DatumHeader.serialize({ size, role, type, flags }), offset)
    writeDatumHeaders(bytes, properties)
  }
}

/** Of a volume that is encrypted from end to end, as nearly all are: no other state can be told from outside. */
function likelyHeaders(
  block: MetadataBlock,
  bytes: Uint8Array,
  { copies, boot, sizes = [] }: MetadataEvidence,
): InformationHeader[] {
  const header = InformationHeader.parse(bytes)
  const encrypted = {
    ...header,
    state: ConversionState.encrypted,
    nextState: ConversionState.encrypted,
    logSize: 0,
    watermark: 0n,
  }
  if (header.version === 1) return [encrypted]
  const { info } = readVirtualization(block.dataset)
  const headSize = info && byteOffset(info.backupSize)
  const places = [0, 1, 2].map(
    (slot) => copies.find(({ copy }) => copy === slot + 1)?.offset ?? boot?.metadataOffsets[slot],
  )
  if (!info || !headSize || places.some((at) => at === undefined)) return []
  return sizes.flatMap((volumeSize) =>
    [512, 4096].flatMap((sectorSize) => {
      const headSectorCount = headSize / sectorSize
      if (!Number.isInteger(headSectorCount) || headSectorCount > MOST_HEAD_SECTORS) return []
      const placed = { copyOffsets: places.map((at) => BigInt(at!)), headBackup: info.backupOffset }
      return [{ ...encrypted, ...placed, watermark: BigInt(volumeSize), headSectorCount }]
    }),
  )
}
/** More would be no head of anything; the field has room for more still. */
const MOST_HEAD_SECTORS = 1 << 24

function withHeader(bytes: Uint8Array, header: InformationHeader): Uint8Array {
  const changed = bytes.slice()
  changed.set(InformationHeader.serialize(header))
  return changed
}
