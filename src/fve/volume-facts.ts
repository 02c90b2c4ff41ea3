/**
 * What a metadata block says of its volume, as plain numbers: geometry, state, and where the parts of the format lie. Each
 * place is range-checked once, here; a field that is no place leaves its fact out.
 *
 * Sector size is named in three places: the extension of the virtualization info (Windows 8 and later), the ratio of the
 * head's size to its sector count (Windows 7), and the boot sector, which may say 0 on exFAT.
 */
import { byteOffset } from "../bytes/byte-offset.ts"
import { filetimeToDate } from "../bytes/filetime.ts"
import type { Parsed } from "../bytes/struct.ts"
import { parseUtf16 } from "../bytes/utf16.ts"
import { type EncryptionMethod, isEncryptionMethod } from "../crypto/method.ts"
import type { Extent } from "../extents/extent.ts"
import type { Dataset } from "./dataset.ts"
import { DatumRole, DatumType, VirtualizationExtension, VirtualizationInfoBody } from "./datum-layout.ts"
import { known } from "./known.ts"
import type { MetadataBlock } from "./metadata-block.ts"
import { extentAt, places } from "./places.ts"

/** Values of the state fields. Encrypt-on-write volumes say `encrypted` in the middle of their conversion. */
export const ConversionState = {
  decrypted: 1,
  convertingWithLog: 2,
  paused: 3,
  encrypted: 4,
  convertingWithoutLog: 5,
} as const

export interface VolumeFacts {
  /** GUID that all copies share. */
  readonly volumeId: string
  /** 1: Windows Vista; 2: Windows 7 and later. */
  readonly version: number
  /** `ConversionState`, or a value of the future. */
  readonly state: number
  readonly nextState: number
  /** Position in bytes; what it means depends on the state. */
  readonly watermark: number
  /** Absent when nothing is encrypted or the number is unknown; the key type in the FVEK datum outranks it. */
  readonly method?: EncryptionMethod
  readonly methodNumber: number
  readonly hasFvek: boolean
  readonly sectorSize?: number
  readonly headSectorCount: number
  /** Where the head of the volume is kept; absent in version 1, and where the sector size is not known. */
  readonly headBackup?: Extent
  /** Version 1: the field that the boot sector's 0x38 had. */
  readonly mftMirrorLcn?: bigint
  /** All three, as far as they are places. */
  readonly metadataOffsets: readonly number[]
  /** Bytes of each copy's area. */
  readonly areaSize: number
  /** "COMPUTER VOLUMELABEL DATE". */
  readonly description?: string
  readonly created?: Date
  /** Next AES-CCM nonce counter: the generation of a copy. */
  readonly nonceCounter: number
  readonly extensionFlags?: bigint
  /** Of the Windows that created the volume, such as `10.0.18362`. */
  readonly osBuild?: string
  /** What only Windows Vista and 7 write; absent where Windows 8 or later wrote, and where nothing is left that tells. */
  readonly isBeforeWindows8?: true
  /** Of a conversion by watermark that is running; reads as zeros. */
  readonly conversionLog?: Extent
  /** Unknown purpose; read as ordinary sectors. */
  readonly extraRegion?: Extent
}

/** @param bootSectorSize bytes per sector as the boot sector says, where nothing else does */
export function readVolumeFacts(block: MetadataBlock, bootSectorSize = 0): VolumeFacts {
  const { header, dataset } = block
  const { info, extension } = readVirtualization(dataset)
  const sectorSize = [extension?.sectorSize ?? 0, headRatio(block, info), bootSectorSize].find(isSectorSize)
  const isVista = header.version === 1
  const method = dataset.header.method
  const facts = {
    method: isEncryptionMethod(method) ? method : undefined,
    sectorSize,
    headBackup: isVista ? undefined : findHeadBackup(block, info, sectorSize ?? 0),
    mftMirrorLcn: isVista ? header.headBackup : undefined,
    description: findDescription(dataset),
    created: filetimeToDate(dataset.header.created),
    extensionFlags: extension?.flags,
    osBuild: extension && `${extension.osMajor}.${extension.osMinor}.${extension.osBuild}`,
    isBeforeWindows8: isVista || (info && !extension) ? (true as const) : undefined,
    conversionLog: findConversionLog(block, extension),
    extraRegion: extension && extentAt(extension.extraOffset, extension.extraSize),
  }
  return {
    volumeId: dataset.header.id,
    version: header.version,
    state: header.state,
    nextState: header.nextState,
    watermark: byteOffset(header.watermark) ?? Number.MAX_SAFE_INTEGER,
    methodNumber: method,
    hasFvek: dataset.datums.some(({ role }) => role === DatumRole.fvek),
    headSectorCount: header.headSectorCount,
    metadataOffsets: places(header.copyOffsets),
    areaSize: block.areaSize,
    nonceCounter: dataset.header.nonceCounter,
    ...known(facts),
  }
}

export type VirtualizationInfo = Parsed<typeof VirtualizationInfoBody>

export interface Virtualization {
  readonly info?: VirtualizationInfo
  /** Since Windows 8. */
  readonly extension?: VirtualizationExtension
}

export function readVirtualization(dataset: Dataset): Virtualization {
  const datum = dataset.datums.find(({ type }) => type === DatumType.virtualizationInfo)
  if (!datum || datum.body.length < VirtualizationInfoBody.size) return {}
  const info = VirtualizationInfoBody.parse(datum.body)
  const rest = datum.body.subarray(VirtualizationInfoBody.size)
  if (rest.length < VirtualizationExtension.size) return { info }
  return { info, extension: VirtualizationExtension.parse(rest) }
}

function headRatio({ header }: MetadataBlock, info: VirtualizationInfo | undefined): number {
  return info && header.headSectorCount > 0 ? Number(info.backupSize) / header.headSectorCount : 0
}

function isSectorSize(size: number): boolean {
  return [512, 1024, 2048, 4096].includes(size)
}

/** The datum outranks the header, which some versions of Windows leave as the only one. */
function findHeadBackup(
  { header }: MetadataBlock,
  info: VirtualizationInfo | undefined,
  sectorSize: number,
): Extent | undefined {
  return (
    (info && extentAt(info.backupOffset, info.backupSize)) ??
    extentAt(header.headBackup, header.headSectorCount * sectorSize)
  )
}

/**
 * In use in one state only: at the watermark, or where the extension says (To Go since Windows 8). In any other state the
 * extension's place holds ordinary sectors.
 */
function findConversionLog(
  { header }: MetadataBlock,
  extension: VirtualizationExtension | undefined,
): Extent | undefined {
  if (header.state !== ConversionState.convertingWithLog) return undefined
  return (
    extentAt(header.watermark, header.logSize) ??
    (extension && extentAt(extension.logOffset, extension.logSize))
  )
}

function findDescription({ datums }: Dataset): string | undefined {
  const datum = datums.find(({ role, type }) => role === DatumRole.description && type === DatumType.unicode)
  return datum && parseUtf16(datum.body)
}
