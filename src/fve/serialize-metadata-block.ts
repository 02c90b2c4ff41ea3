/**
 * Writes a metadata block: sizes, padding and CRC-32 follow from the datums, the hash under the VMK comes from the caller,
 * who holds key and nonce. An intact block taken apart and written again is the same block, byte for byte.
 */
import { crc32 } from "../bytes/crc32.ts"
import { alignUp } from "../extents/extent.ts"
import { type DatasetFields, serializeDataset } from "./dataset.ts"
import { type Datum, serializeDatum } from "./datum.ts"
import {
  FVE_SIGNATURE,
  InformationHeader,
  type MetadataBlock,
  UNIT_OF_VERSION_2,
  ValidationHeader,
} from "./metadata-block.ts"
import type { SealHash } from "./metadata-hash.ts"

export interface MetadataBlockParts {
  readonly header: Omit<InformationHeader, "signature" | "size">
  readonly dataset: DatasetFields
  /** In the order in which they are written. */
  readonly datums: readonly Uint8Array[]
  readonly areaSize: number
  readonly hash: SealHash
}

/** @throws RangeError when the datums do not fit the area */
export function serializeMetadataBlock({
  header,
  dataset,
  datums,
  areaSize,
  hash,
}: MetadataBlockParts): Uint8Array {
  const datasetBytes = serializeDataset(dataset, datums)
  const infoSize = alignUp(InformationHeader.size + datasetBytes.length, UNIT_OF_VERSION_2)
  const size = header.version === 1 ? infoSize : infoSize / UNIT_OF_VERSION_2
  const area = new Uint8Array(areaSize)
  area.set(InformationHeader.serialize({ ...header, signature: FVE_SIGNATURE, size }))
  area.set(datasetBytes, InformationHeader.size)
  const covered = area.subarray(0, infoSize)
  const crc = crc32(covered)
  area.set(ValidationHeader.serialize({ size: areaSize - infoSize, version: header.version, crc }), infoSize)
  area.set(hash(covered), infoSize + ValidationHeader.size)
  return area
}

/** What `serializeMetadataBlock` needs to write the block again, its hash included. */
export function metadataBlockParts({
  header,
  dataset,
  validation,
  areaSize,
}: MetadataBlock): MetadataBlockParts {
  const hash = validation?.hash
  return {
    header,
    dataset: dataset.header,
    datums: dataset.datums.map(datumBytes),
    areaSize,
    hash: () => (hash ? datumBytes(hash) : new Uint8Array(0)),
  }
}

function datumBytes({ role, type, flags, body }: Datum): Uint8Array {
  return serializeDatum({ role, type, flags, body: [body] })
}
