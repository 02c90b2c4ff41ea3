/**
 * An NTFS volume, known by its boot sector and confirmed by the records that every NTFS volume has: the first four of $MFT,
 * the same four in $MFTMirr, and the backup boot sector in the last sector of the partition.
 */
import { parseUtf16 } from "../../bytes/utf16.ts"
import { equalBytes } from "../../bytes/compare.ts"
import type { ByteSource } from "../../source/byte-source.ts"
import { type Check, type CheckName, judge, takeSample } from "../check.ts"
import { type FileSystem, shownSerials } from "../file-system.ts"
import { readNtfsBootSector } from "./boot-sector.ts"
import { openFileRecord, residentValue } from "./file-record.ts"
import { ATTRIBUTE, NtfsBootSector, RECORD } from "./layout.ts"

/** $MFTMirr repeats this many records. */
const MIRRORED_RECORDS = 4

export async function recogniseNtfs(
  source: ByteSource,
  bootSectorAt: number,
): Promise<FileSystem | undefined> {
  const boot = await takeSample(source, bootSectorAt, NtfsBootSector.size)
  const geometry = readNtfsBootSector(boot.bytes)
  if (!geometry) return undefined
  const { sizeBytes, sectorSize, clusterSize, recordSize } = geometry

  const tables: readonly { name: CheckName; at: number }[] = [
    { name: "mft-record", at: geometry.mftAt },
    { name: "mft-mirror-record", at: geometry.mirrorAt },
  ]
  const checks: Check[] = []
  let label: string | undefined
  for (const { name, at } of tables) {
    for (let number = 0; number < MIRRORED_RECORDS; number++) {
      const sample = await takeSample(source, at + number * recordSize, recordSize)
      const record = openFileRecord(sample.bytes)
      checks.push(judge(name, sample, () => record !== undefined))
      const value = record && number === RECORD.volume && residentValue(record, ATTRIBUTE.volumeName)
      if (value) label ??= parseUtf16(value)
    }
  }
  const backup = await takeSample(source, sizeBytes, NtfsBootSector.size)
  checks.push(judge("backup-boot-sector", backup, (bytes) => equalBytes(bytes, boot.bytes)))
  return {
    type: "ntfs",
    sizeBytes,
    sectorSize,
    clusterSize,
    ...shownSerials(geometry.serial),
    ...(label ? { label } : {}),
    bootSectorAt,
    checks,
  }
}
