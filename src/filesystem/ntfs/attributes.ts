/**
 * What FILE records say beyond their header: the name of the file, and where its data lie. NTFS has no public specification;
 * names follow the Linux-NTFS documentation. Everything here is total: an attribute that does not fit is not there.
 */
import { byteOffset } from "../../bytes/byte-offset.ts"
import { bytes, struct, u16, u32, u64, u8 } from "../../bytes/struct.ts"
import { parseUtf16 } from "../../bytes/utf16.ts"
import { type FileRecord, residentValue } from "./file-record.ts"
import { ATTRIBUTE, AttributeHeader } from "./layout.ts"

const NonResidentHeader = struct("NTFS attribute header, non-resident", {
  type: u32("attribute type"),
  length: u32("bytes of the attribute, this header included"),
  nonResident: u8("1", 1),
  nameLength: u8("characters in the name"),
  nameOffset: u16("offset of the name"),
  flags: u16("compressed, encrypted, sparse"),
  id: u16("unique in the record"),
  firstVcn: u64("first cluster of the file that the runs tell of"),
  lastVcn: u64("last one"),
  runsOffset: u16("offset of the runs"),
  compressionUnit: u16("binary logarithm of its clusters"),
  reserved24: bytes(4, "unused"),
  allocatedSize: u64("bytes of all clusters of the file"),
  dataSize: u64("bytes in the file"),
  initialisedSize: u64("bytes of it that were ever written"),
})

const FileName = struct("NTFS file name attribute", {
  parent: u64("record of the folder"),
  times: bytes(32, "four FILETIMEs"),
  sizes: bytes(16, "allocated and used"),
  flags: u32("attributes of the file"),
  reserved3C: bytes(4, "unused"),
  nameLength: u8("characters in the name"),
  namespace: u8("POSIX, Win32, DOS"),
})

const VolumeInformation = struct("NTFS volume information attribute", {
  reserved00: bytes(8, "unused"),
  majorVersion: u8("3 since Windows XP"),
  minorVersion: u8("1 since Windows XP"),
  flags: u16("1: dirty, a check is due"),
})

/** The name that DOS sees of a file that has a longer one too. */
const NAMESPACE_DOS = 2
const DIRTY = 1
/** Attribute flags: compressed with any unit, or encrypted by EFS. */
const CODED = 0x40ff

export interface DataRun {
  /** Absent in a sparse run, which lies nowhere. */
  readonly lcn?: number
  readonly clusterCount: number
}

export interface DataStream {
  readonly runs: readonly DataRun[]
  /** Bytes. */
  readonly allocatedSize: number
  readonly dataSize: number
  /** Of those, the ones from the start that were ever written; the rest reads as zeros. */
  readonly initialisedSize: number
  /** Compressed or encrypted: its clusters do not hold the bytes of the file. */
  readonly isCoded: boolean
  /** Whether the runs tell of all of it: long run lists are spread over several records. */
  readonly isWhole: boolean
}

/** The long one where there are two. */
export function fileNameOf(record: FileRecord): string | undefined {
  let short: string | undefined
  for (const { at, header } of attributesOf(record)) {
    if (header.type !== ATTRIBUTE.fileName || header.nonResident !== 0) continue
    const found = parseFileName(record.bytes.subarray(at + header.valueOffset, at + header.length))
    if (found && found.namespace !== NAMESPACE_DOS) return found.name
    short ??= found?.name
  }
  return short
}

/** @param value of a file name attribute, here or as the key of an index entry */
export function parseFileName(value: Uint8Array): { name: string; namespace: number } | undefined {
  if (value.length < FileName.size) return undefined
  const { nameLength, namespace } = FileName.parse(value)
  const end = FileName.size + 2 * nameLength
  return end <= value.length ? { name: parseUtf16(value.subarray(FileName.size, end)), namespace } : undefined
}

/** The non-resident data stream of that name; without one, the file's own. */
export function dataStreamOf(record: FileRecord, name = ""): DataStream | undefined {
  return streamOf(record, ATTRIBUTE.data, name)
}

/** The index blocks of a folder; `undefined` when it is small enough to have none. */
export function indexStreamOf(record: FileRecord): DataStream | undefined {
  return streamOf(record, ATTRIBUTE.indexAllocation, "$I30")
}

/** Whether the record of $Volume says that a check is due; `undefined` when it does not say. */
export function isMarkedDirty(record: FileRecord): boolean | undefined {
  const value = residentValue(record, ATTRIBUTE.volumeInformation)
  if (!value || value.length < VolumeInformation.size) return undefined
  return (VolumeInformation.parse(value).flags & DIRTY) !== 0
}

/** The non-resident attribute of that type and name. */
function streamOf(record: FileRecord, type: number, name: string): DataStream | undefined {
  for (const { at, header } of attributesOf(record)) {
    if (header.type !== type || header.nonResident !== 1 || header.nameLength !== name.length) continue
    const nameAt = at + header.nameOffset
    if (parseUtf16(record.bytes.subarray(nameAt, nameAt + 2 * name.length)) !== name) continue
    return readStream(record.bytes.subarray(at, at + header.length))
  }
  return undefined
}

const IndexRoot = struct("NTFS index root", {
  type: u32("attribute type that is indexed"),
  collation: u32("how entries are sorted"),
  blockSize: u32("bytes in an index block"),
})

/** Bytes in an index block, as the root of any folder says. */
export function indexBlockSizeOf(record: FileRecord): number | undefined {
  for (const { at, header } of attributesOf(record)) {
    const start = at + header.valueOffset
    if (
      header.type === ATTRIBUTE.indexRoot &&
      header.nonResident === 0 &&
      start + IndexRoot.size <= at + header.length
    )
      return IndexRoot.parse(record.bytes, start).blockSize
  }
  return undefined
}

function attributesOf({
  header,
  bytes: record,
}: FileRecord): { at: number; header: ReturnType<typeof AttributeHeader.parse> }[] {
  const found = []
  let at = header.firstAttribute
  while (at + AttributeHeader.size <= header.bytesUsed) {
    const attribute = AttributeHeader.parse(record, at)
    const fits = attribute.length >= AttributeHeader.size && at + attribute.length <= header.bytesUsed
    if (attribute.type === ATTRIBUTE.end || !fits) break
    found.push({ at, header: attribute })
    at += attribute.length
  }
  return found
}

function readStream(attribute: Uint8Array): DataStream | undefined {
  if (attribute.length < NonResidentHeader.size) return undefined
  const header = NonResidentHeader.parse(attribute)
  const allocatedSize = byteOffset(header.allocatedSize)
  const dataSize = byteOffset(header.dataSize)
  const initialisedSize = byteOffset(header.initialisedSize)
  const runs = readRuns(attribute.subarray(header.runsOffset))
  if (allocatedSize === undefined || dataSize === undefined || initialisedSize === undefined || !runs)
    return undefined
  const clusterCount = runs.reduce((sum, run) => sum + run.clusterCount, 0)
  return {
    runs,
    allocatedSize,
    dataSize,
    initialisedSize: Math.min(initialisedSize, dataSize),
    isCoded: (header.flags & CODED) !== 0,
    isWhole: BigInt(clusterCount) === header.lastVcn + 1n && header.firstVcn === 0n,
  }
}

/** Each run: a byte with the lengths of two fields, the cluster count, and the distance from the run before. */
function readRuns(source: Uint8Array): DataRun[] | undefined {
  const runs: DataRun[] = []
  let at = 0
  let lcn = 0
  for (let lengths = source[at++]; lengths; lengths = source[at++]) {
    const countLength = lengths & 0xf
    const distanceLength = lengths >> 4
    if (countLength === 0 || countLength > 6 || distanceLength > 6) return undefined
    if (at + countLength + distanceLength > source.length) return undefined
    const clusterCount = readInteger(source.subarray(at, at + countLength), false)
    lcn += readInteger(source.subarray(at + countLength, at + countLength + distanceLength), true)
    if (clusterCount <= 0 || lcn < 0) return undefined
    runs.push(distanceLength === 0 ? { clusterCount } : { lcn, clusterCount })
    at += countLength + distanceLength
  }
  return runs
}

/** Little-endian, of up to six bytes. */
function readInteger(source: Uint8Array, isSigned: boolean): number {
  let value = 0
  for (let i = source.length - 1; i >= 0; i--) value = value * 256 + source[i]!
  const isNegative = isSigned && (source.at(-1) ?? 0) >= 0x80
  return isNegative ? value - 256 ** source.length : value
}
