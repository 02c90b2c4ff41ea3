/**
 * GPT: a header in the second sector and a copy in the last one, each with its own array of entries (UEFI Specification
 * 2.10, 5.3). Header and array carry CRC-32s. A copy whose sums are wrong is still read, and says so: half of a table is
 * better than none.
 */
import { crc32 } from "../bytes/crc32.ts"
import { byteOffset } from "../bytes/byte-offset.ts"
import { guid } from "../bytes/guid.ts"
import { bytes, latin1, type Parsed, struct, u32, u64 } from "../bytes/struct.ts"
import { parseUtf16 } from "../bytes/utf16.ts"
import { extent, hex } from "../extents/extent.ts"
import type { Finding } from "../findings.ts"
import { type ByteSource, readBytes } from "../source/index.ts"
import { type PartitionTable, type TableDraft, finishTable } from "./partition-table.ts"

export const GptHeader = struct("GPT header", {
  signature: latin1(8, "marks the header", "EFI PART"),
  revision: u32("version 1.0", 0x00010000),
  headerSize: u32("bytes that the header's sum covers", 92),
  headerCrc: u32("CRC-32 of the header, with this field as 0"),
  reserved20: u32("zero", 0),
  ownSector: u64("where this copy stands"),
  otherSector: u64("where the other copy stands"),
  firstUsableSector: u64("first sector that a partition may have"),
  lastUsableSector: u64("last sector that a partition may have"),
  diskGuid: guid("GUID of the disk"),
  entriesSector: u64("where the entries of this copy stand"),
  entryCount: u32("entries in the array, used or not"),
  entrySize: u32("bytes in an entry: 128 times a power of two"),
  entriesCrc: u32("CRC-32 of the whole array"),
})
export type GptHeader = Parsed<typeof GptHeader>

export const GptEntry = struct("GPT entry", {
  type: guid("what the partition is for; all zero: the entry is empty"),
  guid: guid("GUID of the partition"),
  firstSector: u64("first sector"),
  lastSector: u64("last sector: inclusive"),
  attributes: u64("flags"),
  name: bytes(72, "UTF-16LE"),
})
export type GptEntry = Parsed<typeof GptEntry>

const EMPTY = "00000000-0000-0000-0000-000000000000"
const LARGEST_ENTRY = 4096
/** 2048 entries of the usual size; a larger array is garbage, or has nothing behind that. */
const LONGEST_ARRAY = 256 << 10

/** One copy of the table; `undefined` when no header stands at `at`. */
export async function readGptCopy(
  source: ByteSource,
  at: number,
  sectorSize: number,
): Promise<{ readonly header: GptHeader; readonly table: PartitionTable } | undefined> {
  const { bytes: sector } = await readBytes(source, at, sectorSize)
  if (sector.length < sectorSize) return undefined
  const header = GptHeader.parse(sector)
  if (GptHeader.unexpected(header).includes("signature")) return undefined

  const draft: TableDraft = { kind: "gpt", sectorSize, partitions: [], findings: [] }
  const place = extent(at, sectorSize)
  const damage = (code: string, text: string): void => {
    draft.findings.push({ code, severity: "damage", text, extent: place } satisfies Finding)
  }
  if (!isHeaderSumRight(header, sector))
    damage("gpt-header-crc-wrong", `the CRC-32 of the GPT header at ${hex(at)} is wrong`)

  const { entryCount, entrySize } = header
  const arrayAt = byteOffset(header.entriesSector * BigInt(sectorSize), source.size)
  const isPlausible = entrySize >= GptEntry.size && entrySize <= LARGEST_ENTRY && arrayAt !== undefined
  if (!isPlausible) {
    damage("gpt-entries-nowhere", `the GPT header at ${hex(at)} names no place for its entries`)
    return { header, table: finishTable(draft, source.size) }
  }
  const length = Math.min(entryCount * entrySize, LONGEST_ARRAY)
  const { bytes: array } = await readBytes(source, arrayAt, length)
  if (crc32(array) !== header.entriesCrc || length < entryCount * entrySize) {
    damage("gpt-entries-crc-wrong", `the CRC-32 of the GPT entries at ${hex(arrayAt)} is wrong`)
  }
  for (let start = 0; start + GptEntry.size <= array.length; start += entrySize) {
    addEntry(draft, GptEntry.parse(array, start), start / entrySize + 1)
  }
  return { header, table: finishTable(draft, source.size) }
}

function addEntry(draft: TableDraft, entry: GptEntry, index: number): void {
  if (entry.type === EMPTY) return
  const unit = BigInt(draft.sectorSize)
  const start = byteOffset(entry.firstSector * unit)
  const end = byteOffset((entry.lastSector + 1n) * unit)
  if (start === undefined || end === undefined || start === 0 || end <= start) {
    draft.findings.push({
      code: "gpt-entry-implausible",
      severity: "damage",
      text: `entry ${index} of the GPT reaches from sector ${entry.firstSector} to ${entry.lastSector}`,
      evidence: { index },
    })
    return
  }
  const name = parseUtf16(entry.name)
  draft.partitions.push({
    index,
    declared: extent(start, end - start),
    type: entry.type,
    guid: entry.guid,
    ...(name !== "" && { name }),
  })
}

function isHeaderSumRight({ headerSize, headerCrc }: GptHeader, sector: Uint8Array): boolean {
  if (headerSize < GptHeader.size || headerSize > sector.length) return false
  const covered = sector.slice(0, headerSize)
  covered.fill(0, GptHeader.offsetOf("headerCrc"), GptHeader.offsetOf("reserved20"))
  return crc32(covered) === headerCrc
}
