/**
 * An exFAT volume, known by its boot sector and confirmed by the checksums of both boot regions, the first two entries of
 * each FAT and the root directory, where the allocation bitmap is entered.
 */
import { viewOf } from "../../bytes/struct.ts"
import { parseUtf16 } from "../../bytes/utf16.ts"
import type { ByteSource } from "../../source/byte-source.ts"
import { type Check, judge, takeSample } from "../check.ts"
import { type FileSystem, shownSerial } from "../file-system.ts"
import {
  BOOT_REGION_SECTORS,
  type ExfatGeometry,
  isBootRegionIntact,
  readExfatBootSector,
} from "./boot-region.ts"
import {
  EXFAT_ENTRY,
  EXFAT_ENTRY_SIZE,
  ExfatBitmapEntry,
  ExfatBootSector,
  ExfatLabelEntry,
} from "./layout.ts"

/** The entries that we look for come first; a cluster may be 32 MiB. */
const ROOT_BYTES_SEARCHED = 4096

export async function recogniseExfat(
  source: ByteSource,
  bootSectorAt: number,
): Promise<FileSystem | undefined> {
  const boot = await takeSample(source, bootSectorAt, ExfatBootSector.size)
  const geometry = readExfatBootSector(boot.bytes)
  if (!geometry) return undefined
  const { sizeBytes, sectorSize, clusterSize, rootAt } = geometry

  const checks: Check[] = []
  const regionLength = BOOT_REGION_SECTORS * sectorSize
  const region = await takeSample(source, 0, regionLength)
  checks.push(judge("boot-checksum", region, isBootRegionIntact))
  const backup = await takeSample(source, regionLength, regionLength)
  checks.push(judge("backup-boot-checksum", backup, isBootRegionIntact))
  for (const at of geometry.fatsAt) checks.push(judge("fat-head", await takeSample(source, at, 8), isFatHead))
  const root = await takeSample(source, rootAt, Math.min(clusterSize, ROOT_BYTES_SEARCHED))
  const rootCheck = judge("root-directory", root, (bytes) => holdsBitmap(entriesOf(bytes), geometry))
  checks.push(rootCheck)
  const label = rootCheck.outcome === "right" ? labelIn(entriesOf(root.bytes)) : undefined
  return {
    type: "exfat",
    sizeBytes,
    sectorSize,
    clusterSize,
    serial: shownSerial(geometry.serial),
    ...(label ? { label } : {}),
    bootSectorAt,
    checks,
  }
}

/** Media descriptor F8 and ones; then all ones (section 4.1). */
function isFatHead(head: Uint8Array): boolean {
  const view = viewOf(head)
  return view.getUint32(0, true) === 0xffff_fff8 && view.getUint32(4, true) === 0xffff_ffff
}

/** The allocation bitmap is entered in the root directory, and has a bit for each cluster. */
function holdsBitmap(entries: readonly Uint8Array[], { clusterCount }: ExfatGeometry): boolean {
  return entries.some((entry) => {
    const { type, dataLength } = ExfatBitmapEntry.parse(entry)
    return type === EXFAT_ENTRY.bitmap && dataLength === BigInt(Math.ceil(clusterCount / 8))
  })
}

function entriesOf(bytes: Uint8Array): Uint8Array[] {
  const entries = []
  for (
    let at = 0;
    at + EXFAT_ENTRY_SIZE <= bytes.length && bytes[at] !== EXFAT_ENTRY.end;
    at += EXFAT_ENTRY_SIZE
  ) {
    entries.push(bytes.subarray(at, at + EXFAT_ENTRY_SIZE))
  }
  return entries
}

function labelIn(entries: readonly Uint8Array[]): string | undefined {
  const entry = entries.find((entry) => entry[0] === EXFAT_ENTRY.label)
  if (!entry) return undefined
  const { label, length } = ExfatLabelEntry.parse(entry)
  return parseUtf16(label.subarray(0, 2 * length))
}
