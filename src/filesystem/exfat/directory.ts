/** Folders of exFAT: sets of entries, each under a checksum (sections 6 and 7). */
import { parseUtf16 } from "../../bytes/utf16.ts"
import { byteOffset } from "../../bytes/byte-offset.ts"
import { concatBytes } from "../../bytes/concat.ts"
import { FAT_ATTRIBUTE } from "../fat/layout.ts"
import {
  EXFAT_ENTRY,
  EXFAT_ENTRY_SIZE,
  EXFAT_ENTRY_TYPES,
  ExfatBitmapEntry,
  ExfatFileEntry,
  ExfatNameEntry,
  ExfatStreamEntry,
} from "./layout.ts"

export interface ExfatEntry {
  readonly name: string
  readonly isFolder: boolean
  readonly firstCluster: number
  readonly size: number
  /** Its clusters follow each other: the FAT says nothing of them. */
  readonly isContiguous: boolean
}

const IN_USE = 0x80
const CONTIGUOUS = 2
const CHECKSUM_AT = ExfatFileEntry.offsetOf("checksum")

/**
 * Whether bytes from a folder are possible ones: kinds that the specification names, and right checksums. A set may go on in
 * the next cluster; the one at the end of the bytes is taken as it is.
 */
export function isFolder(bytes: Uint8Array): boolean {
  for (let at = 0; at + EXFAT_ENTRY_SIZE <= bytes.length; at += EXFAT_ENTRY_SIZE) {
    const type = bytes[at]!
    if (type === EXFAT_ENTRY.end) return at > 0
    if (type < IN_USE) continue
    if (!EXFAT_ENTRY_TYPES.has(type)) return false
    if (type !== EXFAT_ENTRY.file) continue
    const set = setAt(bytes, at)
    if (set && checksumOf(set) !== ExfatFileEntry.parse(set).checksum) return false
  }
  return true
}

/** The files and folders whose sets are whole and right. */
export function entriesOf(bytes: Uint8Array): ExfatEntry[] {
  const entries: ExfatEntry[] = []
  for (let at = 0; at + EXFAT_ENTRY_SIZE <= bytes.length && bytes[at] !== EXFAT_ENTRY.end;) {
    const set = bytes[at] === EXFAT_ENTRY.file ? setAt(bytes, at) : undefined
    const entry = set && checksumOf(set) === ExfatFileEntry.parse(set).checksum ? readSet(set) : undefined
    if (entry) entries.push(entry)
    at += entry && set ? set.length : EXFAT_ENTRY_SIZE
  }
  return entries
}

/** Where the allocation bitmap lies, as the root folder says. */
export function bitmapIn(bytes: Uint8Array): { firstCluster: number; length: number } | undefined {
  for (let at = 0; at + EXFAT_ENTRY_SIZE <= bytes.length && bytes[at] !== EXFAT_ENTRY.end;) {
    if (bytes[at] === EXFAT_ENTRY.bitmap) {
      const { firstCluster, dataLength } = ExfatBitmapEntry.parse(bytes, at)
      const length = byteOffset(dataLength)
      return length === undefined ? undefined : { firstCluster, length }
    }
    at += EXFAT_ENTRY_SIZE
  }
  return undefined
}

/** `undefined` when it does not end within the bytes. */
function setAt(bytes: Uint8Array, at: number): Uint8Array | undefined {
  const end = at + (1 + ExfatFileEntry.parse(bytes, at).secondaryCount) * EXFAT_ENTRY_SIZE
  return end <= bytes.length ? bytes.subarray(at, end) : undefined
}

/** Section 6.3.3: a rotating sum of 16 bits. */
function checksumOf(set: Uint8Array): number {
  let sum = 0
  for (let i = 0; i < set.length; i++) {
    if (i === CHECKSUM_AT || i === CHECKSUM_AT + 1) continue
    sum = (((sum & 1) << 15) + (sum >> 1) + set[i]!) & 0xffff
  }
  return sum
}

function readSet(set: Uint8Array): ExfatEntry | undefined {
  if (set[EXFAT_ENTRY_SIZE] !== EXFAT_ENTRY.stream) return undefined
  const { attributes } = ExfatFileEntry.parse(set)
  const { flags, nameLength, firstCluster, dataLength } = ExfatStreamEntry.parse(set, EXFAT_ENTRY_SIZE)
  const size = byteOffset(dataLength)
  if (size === undefined) return undefined
  const pieces: Uint8Array[] = []
  for (let at = 2 * EXFAT_ENTRY_SIZE; at < set.length; at += EXFAT_ENTRY_SIZE) {
    if (set[at] === EXFAT_ENTRY.name) pieces.push(ExfatNameEntry.parse(set, at).name)
  }
  return {
    name: parseUtf16(concatBytes(pieces).subarray(0, 2 * nameLength)),
    isFolder: (attributes & FAT_ATTRIBUTE.directory) !== 0,
    firstCluster,
    size,
    isContiguous: (flags & CONTIGUOUS) !== 0,
  }
}
