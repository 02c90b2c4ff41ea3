/**
 * A FAT volume, known by its boot sector and confirmed by the first two entries of each FAT, and in FAT32 by FSInfo and the
 * backup boot sector.
 */
import { equalBytes } from "../../bytes/compare.ts"
import { viewOf } from "../../bytes/struct.ts"
import type { ByteSource } from "../../source/byte-source.ts"
import { type Check, judge, takeSample } from "../check.ts"
import { type FileSystem, shownSerial } from "../file-system.ts"
import { type FatGeometry, readFatBootSector } from "./boot-sector.ts"
import { isFolder, rawEntries } from "./directory.ts"
import { FAT_ATTRIBUTE, FsInfo } from "./layout.ts"

const BOOT_SECTOR_SIZE = 512
/** Windows and mkfs put the label first; whoever sets it later uses the first free entry. */
const ROOT_BYTES_SEARCHED = 16384

export async function recogniseFat(
  source: ByteSource,
  bootSectorAt: number,
): Promise<FileSystem | undefined> {
  const boot = await takeSample(source, bootSectorAt, BOOT_SECTOR_SIZE)
  const geometry = readFatBootSector(boot.bytes)
  if (!geometry) return undefined

  const checks: Check[] = []
  for (const at of geometry.fatsAt) {
    checks.push(judge("fat-head", await takeSample(source, at, 8), (head) => isFatHead(head, geometry)))
  }
  if (geometry.fsInfoAt) {
    const sample = await takeSample(source, geometry.fsInfoAt, FsInfo.size)
    checks.push(judge("fs-info", sample, (bytes) => FsInfo.unexpected(FsInfo.parse(bytes)).length === 0))
  }
  if (geometry.backupAt) {
    const sample = await takeSample(source, geometry.backupAt, BOOT_SECTOR_SIZE)
    checks.push(judge("backup-boot-sector", sample, (bytes) => equalBytes(bytes, boot.bytes)))
  }
  const root = await takeSample(source, geometry.rootAt, Math.min(geometry.rootLength, ROOT_BYTES_SEARCHED))
  const rootCheck = judge("root-directory", root, isFolder)
  // Nothing but zeros is how an empty root directory looks: no evidence either way.
  if (rootCheck.outcome !== "zeros") checks.push(rootCheck)
  const label =
    (rootCheck.outcome === "right" ? labelInRoot(root.bytes) : undefined) ?? labelInBootSector(geometry)
  return {
    type: `fat${geometry.bits}`,
    sizeBytes: geometry.sizeBytes,
    sectorSize: geometry.sectorSize,
    clusterSize: geometry.clusterSize,
    serial: shownSerial(geometry.serial ?? 0),
    ...(label ? { label } : {}),
    bootSectorAt,
    checks,
  }
}

/**
 * FAT[0] is the media descriptor below ones; FAT[1] is an end mark whose two highest bits are cleared while the volume is
 * mounted or after a read error. FAT32 entries have 28 bits, the rest belongs to nobody.
 */
function isFatHead(head: Uint8Array, { bits, media }: FatGeometry): boolean {
  const view = viewOf(head)
  if (bits === 12) return view.getUint8(0) === media && view.getUint16(1, true) === 0xffff
  if (bits === 16)
    return view.getUint16(0, true) === 0xff00 + media && (view.getUint16(2, true) & 0x3ff8) === 0x3ff8
  const first = view.getUint32(0, true) & 0x0fff_ffff
  return first === 0x0fff_ff00 + media && (view.getUint32(4, true) & 0x03ff_fff8) === 0x03ff_fff8
}

function labelInRoot(bytes: Uint8Array): string | undefined {
  const isLabel = (attributes: number): boolean =>
    (attributes & (FAT_ATTRIBUTE.volumeLabel | FAT_ATTRIBUTE.directory)) === FAT_ATTRIBUTE.volumeLabel
  const REMOVED = "\xe5"
  const entry = rawEntries(bytes).find(
    (entry) =>
      isLabel(entry.attributes) && entry.attributes !== FAT_ATTRIBUTE.longName && entry.name[0] !== REMOVED,
  )
  return entry && shownLabel(entry.name)
}

function labelInBootSector({ label }: FatGeometry): string | undefined {
  return label === undefined || label === "NO NAME    " ? undefined : shownLabel(label)
}

/** Labels are in the code page of the machine that wrote them, which nothing records: only ASCII can be shown. */
function shownLabel(raw: string): string {
  return raw.trimEnd().replace(/[^ -~]/g, "\ufffd")
}
