/**
 * A dataset: a header and the datums after it. It is the payload of every metadata block and the whole of a `.BEK` file.
 *
 * `start` and `end` are separate fields for Windows, though `end` equals `size` on every volume seen. The field at 0x24 is
 * 16 bits wide: the two bytes after it are 0 or a copy, and reading 32 bits is a classical bug.
 */
import { concatBytes } from "../bytes/concat.ts"
import { guid } from "../bytes/guid.ts"
import { type Parsed, struct, u16, u32, u64 } from "../bytes/struct.ts"
import { extentBetween, hex } from "../extents/extent.ts"
import type { Finding } from "../findings.ts"
import { type Datum, parseDatums } from "./datum.ts"

export const DatasetHeader = struct("dataset header", {
  size: u32("bytes in the dataset, this header included"),
  version: u32("dataset version", 1),
  start: u32("offset of the first datum", 48),
  end: u32("offset just past the last datum"),
  id: guid("volume ID, the same in every copy; in a .BEK file the key protector ID"),
  nonceCounter: u32("next AES-CCM nonce counter; grows with every change"),
  method: u16("encryption method of the FVEK; 0 when nothing is encrypted"),
  reserved26: u16("0 or a copy of the method"),
  created: u64("FILETIME of creation"),
})
export type DatasetHeader = Parsed<typeof DatasetHeader>

export interface Dataset {
  readonly header: DatasetHeader
  /** Top level, in disk order, which is not fixed. */
  readonly datums: readonly Datum[]
}

/**
 * The dataset at `at`, its datums bounded by `limit` whatever the header says.
 * @returns undefined when not even the header fits
 */
export function parseDataset(
  source: Uint8Array,
  at: number,
  limit: number,
  findings: Finding[],
): Dataset | undefined {
  const room = Math.min(limit, source.length)
  if (at + DatasetHeader.size > room) return undefined
  const header = DatasetHeader.parse(source, at)
  const start = at + (header.start === DatasetHeader.size ? header.start : DatasetHeader.size)
  const claimed = [header.end, header.size].map((end) => at + end).find((end) => end >= start && end <= room)
  if (claimed === undefined || header.start !== DatasetHeader.size) {
    findings.push({
      code: "dataset-header-wrong",
      severity: "damage",
      text: `dataset at ${hex(at)} has a header that does not fit its room of ${room - at} bytes`,
      extent: extentBetween(at, at + DatasetHeader.size),
      evidence: { size: header.size, start: header.start, end: header.end, room: room - at },
    })
  }
  return { header, datums: parseDatums(source, start, claimed ?? room, findings) }
}

/** Header fields of sizes and places follow from the datums; the others are the caller's. */
export type DatasetFields = Pick<DatasetHeader, "id" | "nonceCounter" | "method" | "created"> &
  Partial<Pick<DatasetHeader, "reserved26">>

export function serializeDataset(fields: DatasetFields, datums: readonly Uint8Array[]): Uint8Array {
  const size = datums.reduce((sum, datum) => sum + datum.length, DatasetHeader.size)
  const header = { reserved26: 0, ...fields, size, version: 1, start: DatasetHeader.size, end: size }
  return concatBytes([DatasetHeader.serialize(header), ...datums])
}
