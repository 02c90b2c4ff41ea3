/**
 * All partition tables of a disk, the likeliest first. An image carries no sector size, and USB enclosures change it, so
 * each table is tried in sectors of 512 and of 4096 bytes. Reads stay below 2 MiB, and nothing that stands on the disk
 * makes them fail.
 */
import { byteOffset } from "../bytes/byte-offset.ts"
import type { ByteSource } from "../source/index.ts"
import { readGptCopy } from "./gpt.ts"
import { readMbr } from "./mbr.ts"
import type { PartitionTable } from "./partition-table.ts"

const SECTOR_SIZES = [512, 4096]

/** Intact tables before damaged ones, GPT before MBR, the source's own sector size before the other one. */
export async function readPartitionTables(source: ByteSource): Promise<PartitionTable[]> {
  const sizes = [...SECTOR_SIZES].sort(
    (a, b) => Number(b === source.sectorSize) - Number(a === source.sectorSize),
  )
  const tables: PartitionTable[] = []
  for (const sectorSize of sizes) tables.push(...(await readGpt(source, sectorSize)))
  for (const sectorSize of sizes) {
    const mbr = await readMbr(source, sectorSize)
    // An MBR without partitions stands for a GPT: worth a word only where that is gone.
    if (mbr && (mbr.partitions.length > 0 || tables.length === 0)) tables.push(mbr)
  }
  return tables.sort((a, b) => Number(b.intact) - Number(a.intact))
}

/** One table when the copies agree or one of them is better, two when there is no telling. */
async function readGpt(source: ByteSource, sectorSize: number): Promise<PartitionTable[]> {
  const primary = await readGptCopy(source, sectorSize, sectorSize)
  const lastSector = Math.floor(source.size / sectorSize) * sectorSize - sectorSize
  // The source may be longer than the disk was, as an image in a larger file is.
  const named = primary && byteOffset(primary.header.otherSector * BigInt(sectorSize), lastSector)
  const backup =
    (await readGptCopy(source, lastSector, sectorSize)) ??
    (named === undefined ? undefined : await readGptCopy(source, named, sectorSize))

  if (!primary) return backup ? [withNote(backup.table, "primary", "missing")] : []
  if (!backup) return [withNote(primary.table, "backup", "missing")]
  if (primary.table.intact && !backup.table.intact) return [withNote(primary.table, "backup", "damaged")]
  if (backup.table.intact && !primary.table.intact) return [withNote(backup.table, "primary", "damaged")]
  const saysTheSame = JSON.stringify(primary.table.partitions) === JSON.stringify(backup.table.partitions)
  return saysTheSame ? [primary.table] : [primary.table, backup.table]
}

function withNote(
  table: PartitionTable,
  copy: "primary" | "backup",
  state: "missing" | "damaged",
): PartitionTable {
  const text = `the ${copy} copy of the GPT is ${state}`
  return {
    ...table,
    findings: [...table.findings, { code: `gpt-${copy}-${state}`, severity: "notice", text }],
  }
}
