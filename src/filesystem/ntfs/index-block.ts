/** Folders of NTFS: the root of an index in the FILE record, its blocks elsewhere, and the entries in both. */
import { parseFileName } from "./attributes.ts"
import { undoFixups } from "./fixup.ts"
import { IndexBlockHeader, IndexEntry, IndexHeader } from "./layout.ts"

const LAST_ENTRY = 2
/** The record number in a file reference; the rest counts how often the record was reused. */
const RECORD_NUMBER = 0xffff_ffff_ffffn

/** The block with its fixups undone; `undefined` when the bytes (exactly one block) are none. */
export function openIndexBlock(block: Uint8Array): Uint8Array | undefined {
  const restored = undoFixups(block)
  if (!restored || restored.length < IndexBlockHeader.size) return undefined
  return IndexBlockHeader.parse(restored).head.signature === "INDX" ? restored : undefined
}

export interface FolderEntry {
  readonly name: string
  /** Number of its FILE record. */
  readonly record: number
}

/** The entries of an open index block. */
export function entriesOfBlock(block: Uint8Array): FolderEntry[] {
  return entriesFrom(block, IndexBlockHeader.offsetOf("index"))
}

/** The entries of an index root's value: the header of an index stands behind 16 bytes of it. */
export function entriesOfRoot(value: Uint8Array): FolderEntry[] {
  return entriesFrom(value, 16)
}

function entriesFrom(bytes: Uint8Array, headerAt: number): FolderEntry[] {
  if (headerAt + IndexHeader.size > bytes.length) return []
  const { entriesOffset, entriesSize } = IndexHeader.parse(bytes, headerAt)
  const end = Math.min(bytes.length, headerAt + entriesSize)
  const entries: FolderEntry[] = []
  let at = headerAt + entriesOffset
  while (at + IndexEntry.size <= end) {
    const { file, length, keyLength, flags } = IndexEntry.parse(bytes, at)
    if ((flags & LAST_ENTRY) !== 0 || length < IndexEntry.size + keyLength || at + length > end) break
    const key = parseFileName(bytes.subarray(at + IndexEntry.size, at + IndexEntry.size + keyLength))
    if (key) entries.push({ name: key.name, record: Number(file & RECORD_NUMBER) })
    at += length
  }
  return entries
}
