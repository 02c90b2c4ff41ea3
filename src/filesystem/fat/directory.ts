/** Folders of FAT: whether bytes are one, and what is entered there. */
import type { Parsed } from "../../bytes/struct.ts"
import { FAT_ATTRIBUTE, FatDirectoryEntry } from "./layout.ts"

type Entry = Parsed<typeof FatDirectoryEntry>

export interface FatEntry {
  /** The short name, with its dot. */
  readonly name: string
  readonly isFolder: boolean
  readonly firstCluster: number
  readonly size: number
}

const UNUSED_ATTRIBUTES = 0xc0
const REMOVED = "\xe5"
/** What a name begins with whose first letter would be the mark of a removed entry. */
const E5 = 0x05
const BLANK = 0x20

/** All entries before the end mark are possible ones, and there is at least one. */
export function isFolder(bytes: Uint8Array): boolean {
  const entries = rawEntries(bytes)
  return entries.length > 0 && entries.every(isPossible)
}

/** Files and folders, without the removed ones, without the folder itself and the one above it. */
export function entriesOf(bytes: Uint8Array): FatEntry[] {
  return rawEntries(bytes)
    .filter(({ name, attributes }) => {
      const isLabelOrLongName = (attributes & FAT_ATTRIBUTE.volumeLabel) !== 0
      return !isLabelOrLongName && !name.startsWith(REMOVED) && !name.startsWith(".")
    })
    .map(({ name, attributes, clusterHigh, clusterLow, size }) => ({
      name: `${name.slice(0, 8).trimEnd()}.${name.slice(8).trimEnd()}`,
      isFolder: (attributes & FAT_ATTRIBUTE.directory) !== 0,
      firstCluster: clusterHigh * 0x10000 + clusterLow,
      size,
    }))
}

/** A part of a long name has no cluster; a short name has no control characters, but for the one. */
function isPossible({ name, attributes, clusterLow }: Entry): boolean {
  if ((attributes & UNUSED_ATTRIBUTES) !== 0) return false
  if (attributes === FAT_ATTRIBUTE.longName) return clusterLow === 0
  const [first, ...rest] = Array.from({ length: name.length }, (_, i) => name.charCodeAt(i))
  return (first === E5 || first! >= BLANK) && rest.every((code) => code >= BLANK)
}

/** As they stand, up to the end mark. */
export function rawEntries(bytes: Uint8Array): Entry[] {
  const entries: Entry[] = []
  for (let at = 0; at + FatDirectoryEntry.size <= bytes.length && bytes[at] !== 0;) {
    entries.push(FatDirectoryEntry.parse(bytes, at))
    at += FatDirectoryEntry.size
  }
  return entries
}
