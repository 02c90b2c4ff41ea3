/**
 * From a place where something may start to a trace, or nothing. Each structure is parsed and must be plausible in itself, so
 * that random data, documents about BitLocker and programs that know its signatures leave none.
 */
import { byteOffset } from "../bytes/byte-offset.ts"
import { equalBytes, startsWithLatin1 } from "../bytes/compare.ts"
import { serializeGuid } from "../bytes/guid.ts"
import {
  BiosParameters,
  BOOT_SECTOR_SIZE,
  TO_GO_GUID,
  ToGoSector,
  VistaSector,
} from "./boot-sector-layout.ts"
import { type FveBootSector, recogniseBootSector } from "./boot-sector.ts"
import { LOGGED_BYTES, parseConversionLogHeader } from "./conversion-log.ts"
import { EowBitmapHeader, EowInfoHeader, EowRecordHeader } from "./eow-layout.ts"
import { parseEowBitmap, parseEowInfo, parseEowRecord } from "./eow.ts"
import { FVE_SIGNATURE } from "./metadata-block.ts"
import { recogniseDatum } from "./recognise-datum.ts"
import type {
  BootTrace,
  ConversionLogTrace,
  EowBitmapTrace,
  EowInfoTrace,
  EowRecordTrace,
  ToGoBackupTrace,
  Trace,
} from "./trace.ts"

/** What starts at the first of these bytes, metadata blocks apart (`recognise-block.ts`): they may need bytes further on. */
export function recogniseTrace(bytes: Uint8Array, at: number): Trace | undefined {
  return (
    recogniseEowInfo(bytes, at) ??
    recogniseEowBitmap(bytes, at) ??
    recogniseEowRecord(bytes, at) ??
    recogniseConversionLog(bytes, at) ??
    recogniseBoot(bytes, at) ??
    recogniseToGoBackup(bytes, at) ??
    recogniseDatum(bytes, at)
  )
}

const JUMPS = ["\xeb\x58\x90", "\xeb\x52\x90"]
const END_MARK = "\x55\xaa"
const SECTOR = 512

function recogniseBoot(bytes: Uint8Array, at: number): BootTrace | undefined {
  if (bytes.length < BOOT_SECTOR_SIZE) return undefined
  const hasSignature =
    startsWithLatin1(bytes, FVE_SIGNATURE, BiosParameters.offsetOf("signature")) &&
    JUMPS.some((jump) => startsWithLatin1(bytes, jump))
  const boot = recogniseBootSector(bytes)
  if (boot && isPlausible(boot) && (hasSignature || hasEndMark(bytes))) {
    const count = boot.layout === "vista" ? byteOffset(VistaSector.parse(bytes).sectorCount) : undefined
    return { kind: "boot-sector", at, boot, ...(count && { fileSystemSectorCount: count }) }
  }
  return hasSignature ? { kind: "boot-sector", at } : undefined
}

/** A Vista sector has no GUID that would tell it from any other with the signature: its cluster size must be one. */
function isPlausible({ layout, metadataOffsets, clusterSectorCount, sectorSize }: FveBootSector): boolean {
  if (metadataOffsets.length === 0 || metadataOffsets.some((offset) => offset % SECTOR !== 0)) return false
  return layout !== "vista" || (isPowerOfTwo(clusterSectorCount) && isSectorSize(sectorSize))
}

const TO_GO_MARK = serializeGuid(TO_GO_GUID)
const MARK_AT = ToGoSector.offsetOf("toGo")

function recogniseToGoBackup(bytes: Uint8Array, at: number): ToGoBackupTrace | undefined {
  if (bytes.length < BOOT_SECTOR_SIZE || !hasEndMark(bytes)) return undefined
  if (!equalBytes(bytes.subarray(MARK_AT, MARK_AT + TO_GO_MARK.length), TO_GO_MARK)) return undefined
  const { sectorSize, sectorCount32: sectorCount } = BiosParameters.parse(bytes)
  return isSectorSize(sectorSize) ? { kind: "to-go-backup", at, sectorSize, sectorCount } : undefined
}

function recogniseEowInfo(bytes: Uint8Array, at: number): EowInfoTrace | undefined {
  const info = parseEowInfo(bytes)
  if (!info || EowInfoHeader.unexpected(info.header).length > 0) return undefined
  const { crc, copyOffsets, bitmapOffsets } = info
  return { kind: "eow-info", at, crc, copyOffsets, bitmapOffsets }
}

function recogniseEowBitmap(bytes: Uint8Array, at: number): EowBitmapTrace | undefined {
  const bitmap = parseEowBitmap(bytes)
  if (!bitmap || EowBitmapHeader.unexpected(bitmap.header).length > 0) return undefined
  const { crc, header, region, logOffset } = bitmap
  return {
    kind: "eow-bitmap",
    at,
    crc,
    size: header.size,
    ...(region && { region }),
    ...(logOffset !== undefined && { logOffset }),
  }
}

function recogniseEowRecord(bytes: Uint8Array, at: number): EowRecordTrace | undefined {
  const record = parseEowRecord(bytes)
  if (!record || EowRecordHeader.unexpected(record.header).length > 0) return undefined
  return { kind: "eow-record", at, crc: record.crc }
}

function recogniseConversionLog(bytes: Uint8Array, at: number): ConversionLogTrace | undefined {
  const header = parseConversionLogHeader(bytes)
  const volumeSize = header && byteOffset(header.volumeSize)
  const regionOffset = header && byteOffset(header.regionOffset)
  if (!header || volumeSize === undefined || regionOffset === undefined) return undefined
  if (!isSectorSize(header.sectorSize) || header.ratio * LOGGED_BYTES !== header.sectorSize) return undefined
  return { kind: "conversion-log", at, volumeSize, regionOffset }
}

function hasEndMark(sector: Uint8Array): boolean {
  return startsWithLatin1(sector, END_MARK, BOOT_SECTOR_SIZE - END_MARK.length)
}

function isSectorSize(size: number): boolean {
  return isPowerOfTwo(size) && size >= 512 && size <= 4096
}

function isPowerOfTwo(count: number): boolean {
  return count > 0 && (count & (count - 1)) === 0
}
