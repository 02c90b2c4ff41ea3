/** The structures of a volume and of its disk that a key backup keeps, read where they stand. */
import type { BackedUpStructure } from "../fve/index.ts"
import { readPartitionTables } from "../partition/index.ts"
import { type ByteSource, readBytes } from "../source/index.ts"
import type { OpenInput } from "./open-input.ts"
import type { OpenVolume, VolumeMetadata } from "./open-volume.ts"

/** The head of NTFS is 8 KiB. That of a FAT volume goes on with tables and files, which would be out of date. */
const MOST_OF_HEAD = 0x4000
/** Protective MBR, header, and 128 entries of 128 bytes in sectors of 512. */
const TABLE_SECTORS = 34

/** What cannot be read is left out: another copy of it, or another backup, may have it. */
export async function backedUpStructures(
  { source: disk }: OpenInput,
  { source }: OpenVolume,
  { block, facts, sectorSize }: VolumeMetadata,
  signal: AbortSignal,
): Promise<BackedUpStructure[]> {
  const read = async (
    from: ByteSource,
    kind: BackedUpStructure["kind"],
    at: number,
    length: number,
  ): Promise<BackedUpStructure[]> => {
    const { bytes, unreadable } = await readBytes(from, at, length, signal)
    return unreadable.length > 0 || bytes.length < length ? [] : [{ kind, at: [at], bytes }]
  }
  const { headBackup: head, metadataOffsets, areaSize } = facts
  const metadata = { kind: "metadata", at: metadataOffsets, bytes: block!.bytes.slice(0, areaSize) } as const
  const tables = await readPartitionTables(disk)
  const tableLength = Math.min(TABLE_SECTORS * disk.sectorSize, disk.size)
  const tablePlaces = tables.some(({ kind }) => kind === "gpt") ? [0, disk.size - tableLength] : [0]
  const tableParts = tables.length === 0 ? [] : tablePlaces
  return [
    ...(await read(source, "boot-sector", 0, sectorSize)),
    metadata,
    ...(head ? await read(source, "head", head.start, Math.min(head.length, MOST_OF_HEAD)) : []),
    ...(await Promise.all(tableParts.map((at) => read(disk, "partition-table", at, tableLength)))).flat(),
  ]
}
