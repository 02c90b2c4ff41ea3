/**
 * Where the head of the volume is kept: boot sectors of a file system, encrypted for the place where they lie. There are
 * others: NTFS has a copy behind its end, FAT and exFAT have one further on in the head itself, and images of virtual
 * machines are full of them. The right one is whose file system is there when it is put in front.
 */
import { equalBytes, startsWithLatin1 } from "../bytes/compare.ts"
import { showsStructure } from "../bytes/structure.ts"
import type { SectorCipher } from "../crypto/sector-cipher.ts"
import {
  type Extent,
  alignDown,
  alignUp,
  contains,
  endOf,
  extent,
  extentBetween,
  intersect,
  subtractExtents,
  totalLength,
} from "../extents/extent.ts"
import {
  type Check,
  type FileSystem,
  readExfatBootSector,
  readFatBootSector,
  readNtfsBootSector,
  recogniseFileSystem,
} from "../filesystem/index.ts"
import type { ByteSource } from "../source/byte-source.ts"
import { heldExtents } from "../source/held-extents.ts"
import { readBytes } from "../source/read-bytes.ts"
import { guessedView } from "./search-geometry-view.ts"

/** The head of NTFS and ReFS, at either sector size. */
export const NTFS_HEAD = 0x2000

export interface HeadCandidate {
  /** Where the head is stored, in bytes from the start of the volume. */
  readonly at: number
  /** With the sector size that the boot sector names: under plain CBC it can be read with another one too. */
  readonly cipher: SectorCipher
  readonly fileSystem: FileSystem
  /** Structures of the file system that are there with this head in front. */
  readonly confirmed: number
  /** The file system ends where the volume does. */
  readonly fitsSize: boolean
  /** It lies where the file system has a copy of its boot sector. */
  readonly isCopy: boolean
  /** The boot program of Windows goes on behind it. */
  readonly hasBootCode: boolean
  /** Stored in plaintext: it says nothing of the key. */
  readonly isPlain: boolean
}

export interface HeadQuestion {
  /** The volume as stored, from its first byte. */
  readonly source: ByteSource
  /** Those that are tried: one, unless samples could not tell which. */
  readonly ciphers: readonly SectorCipher[]
  /** The same key with another sector size. */
  readonly resized: (cipher: SectorCipher, sectorSize: number) => SectorCipher
  /** Bytes of the head; of a FAT volume, those up to its root directory will do. */
  readonly headLength: number | undefined
  readonly isSizeKnown: boolean
  /** Looked at first. */
  readonly usual: readonly Extent[]
  /** The discovery volume in front of To Go's ciphertext. */
  readonly skipped: Extent
  readonly signal?: AbortSignal | undefined
  readonly onProgress?: ((done: number, total: number) => void) | undefined
}

/** A boot sector may be the first sector of a head, or the copy that FAT32 and exFAT have in theirs. */
const COPIES = [0, 6, 12]

/** All that are something, the best first; the search ends early when one is beyond doubt. */
export async function findHeads(question: HeadQuestion): Promise<HeadCandidate[]> {
  const { source, ciphers, usual, skipped } = question
  const unit = Math.max(...ciphers.map(({ sectorSize }) => sectorSize))
  const whole = extent(0, alignDown(source.size, unit))
  const inside = usual.map((e) => alignTo(intersect(e, whole), unit))
  const front = extentBetween(0, alignUp(endOf(skipped), unit))
  const parts = [...inside, ...subtractExtents(whole, inside)]
    .flatMap((e) => subtractExtents(e, [front]))
    .flatMap((e) => heldExtents(source, e, unit))
  const total = totalLength(parts)
  const found: HeadCandidate[] = []
  const seen = new Set<number>()
  let done = 0
  for (const part of parts) {
    const before = done
    const onProgress = (inPart: number): void => question.onProgress?.(before + inPart, total)
    for await (const { at: hit, cipher } of bootSectorsIn(question, part, onProgress)) {
      for (const at of COPIES.map((sector) => hit - sector * cipher.sectorSize)) {
        if (at < 0 || seen.has(at)) continue
        seen.add(at)
        const candidate = await judgeHead(question, cipher, at)
        if (candidate) found.push(candidate)
        if (candidate && isBeyondDoubt(candidate)) return sorted(found)
      }
    }
    done += part.length
  }
  return sorted(found)
}

const alignTo = (e: Extent, unit: number): Extent =>
  extentBetween(alignDown(e.start, unit), alignDown(endOf(e), unit))

/** Something that chance does not explain hangs on this head. */
export function isThere({ confirmed, hasBootCode, fitsSize }: HeadCandidate): boolean {
  return confirmed > 0 || hasBootCode || fitsSize
}

export function isBeyondDoubt(candidate: HeadCandidate): boolean {
  const { confirmed, fitsSize, isCopy, hasBootCode, fileSystem } = candidate
  const enough = fileSystem.type === "exfat" ? 2 : 1
  return confirmed >= enough && fitsSize && !isCopy && (hasBootCode || fileSystem.type !== "ntfs")
}

function sorted(candidates: HeadCandidate[]): HeadCandidate[] {
  const rank = (c: HeadCandidate): number =>
    (c.isCopy ? 0 : 8) + (c.confirmed > 0 ? 4 : 0) + (c.fitsSize ? 2 : 0) + (c.hasBootCode ? 1 : 0)
  return candidates.sort((a, b) => rank(b) - rank(a) || b.confirmed - a.confirmed || a.at - b.at)
}

const PIECE = 1 << 20

/** Positions whose sector, as stored or decrypted, may be a boot sector. */
async function* bootSectorsIn(
  { source, ciphers, signal }: HeadQuestion,
  part: Extent,
  onProgress: (done: number) => void,
): AsyncGenerator<{ at: number; cipher: SectorCipher }, void, undefined> {
  const raw = new Uint8Array(PIECE)
  const decrypted = new Uint8Array(PIECE)
  for (let at = part.start; at < endOf(part); at += PIECE) {
    const length = Math.min(PIECE, endOf(part) - at)
    await source.read(at, raw.subarray(0, length), signal)
    for (const cipher of ciphers) {
      decrypted.set(raw)
      cipher.decrypt(decrypted.subarray(0, length), at)
      for (let i = 0; i < length; i += cipher.sectorSize) {
        if (mayBeBootSector(decrypted, i) || mayBeBootSector(raw, i)) yield { at: at + i, cipher }
      }
    }
    onProgress(at + length - part.start)
  }
}

const REFS_NAME = "ReFS\0\0\0\0"
const NAME_AT = 3

/** By a few bytes: a jump, and the mark at the end; or the name of ReFS. */
function mayBeBootSector(bytes: Uint8Array, at: number): boolean {
  const [first, , third] = bytes.subarray(at, at + 3)
  const jumps = (first === 0xeb && third === 0x90) || first === 0xe9
  if (!jumps) return first === 0 && startsWithLatin1(bytes, REFS_NAME, at + NAME_AT)
  if (bytes[at + 510] !== 0x55 || bytes[at + 511] !== 0xaa) return false
  const sector = bytes.subarray(at, at + 512)
  return [readNtfsBootSector, readFatBootSector, readExfatBootSector].some(
    (read) => read(sector) !== undefined,
  )
}

/** Structures that cannot come right by chance, and that are where they are through this head alone. */
function confirms({ type }: FileSystem, head: Extent, { name, outcome, at }: Check): boolean {
  if (outcome !== "right") return false
  if (type === "ntfs") return name === "mft-record" || name === "mft-mirror-record"
  if (name === "fat-head") return contains(head, at)
  // The regions of exFAT lie one behind the other: each could be the other one of another head, both together cannot.
  return name === "boot-checksum" || name === "backup-boot-checksum"
}

/** What is there with the head at `at` in front of the volume; `undefined`: no file system at all. */
export async function judgeHead(
  question: HeadQuestion,
  cipher: SectorCipher,
  at: number,
): Promise<HeadCandidate | undefined> {
  const { source, resized, isSizeKnown } = question
  if (at % cipher.sectorSize !== 0) return undefined
  const length = question.headLength ?? (await tablesLength(source, cipher, at))
  const head = intersect(extent(at, length), extent(0, alignDown(source.size, cipher.sectorSize)))
  const view = guessedView({ source, cipher, head })
  const fileSystem = await recogniseFileSystem(view)
  // FAT and exFAT have a copy of their boot sector in the head; that of NTFS is elsewhere, and belongs to any head.
  if (!fileSystem || fileSystem.bootSectorAt >= head.length) return undefined
  const { sizeBytes, sectorSize, checks, type } = fileSystem
  if (sectorSize !== cipher.sectorSize) return judgeHead(question, resized(cipher, sectorSize), at)
  const hasItsCopy = checks.some(({ name, outcome }) => name === "backup-boot-sector" && outcome === "right")
  const missing = source.size - sizeBytes
  // NTFS leaves out the last sector of its partition; others may leave out part of a megabyte.
  const fits = type === "ntfs" ? missing === sectorSize : missing >= 0 && missing < PIECE
  return {
    at,
    cipher,
    fileSystem,
    confirmed: checks.filter((check) => confirms(fileSystem, extent(0, head.length), check)).length,
    fitsSize: (isSizeKnown && fits) || (type === "ntfs" && hasItsCopy),
    isCopy: type === "ntfs" && at === sizeBytes,
    hasBootCode: await bootCodeFollows(view, sectorSize),
    isPlain: showsStructure((await readBytes(source, at, sectorSize)).bytes),
  }
}

const BOOT_MANAGER = Uint8Array.from("\x07BOOTMGR", (letter) => letter.charCodeAt(0))

/** The sector behind the boot sector of NTFS: the name of what it loads, with its length, in UTF-16. */
async function bootCodeFollows(view: ByteSource, sectorSize: number): Promise<boolean> {
  const { bytes } = await readBytes(view, sectorSize, 2 * BOOT_MANAGER.length)
  const letters = bytes.filter((_, i) => i % 2 === 0)
  return equalBytes(letters, BOOT_MANAGER)
}

/** Of a FAT or exFAT volume: all up to its root directory, and a little of that. NTFS has its fixed head. */
async function tablesLength(source: ByteSource, cipher: SectorCipher, at: number): Promise<number> {
  const view = guessedView({ source, cipher })
  const { bytes } = await readBytes(view, at, cipher.sectorSize)
  const rootAt = (readFatBootSector(bytes) ?? readExfatBootSector(bytes))?.rootAt
  return rootAt === undefined ? NTFS_HEAD : rootAt + NTFS_HEAD
}

/** Where Windows puts heads: behind copy 1 of the metadata, at 32 MiB or shortly after a third of the volume. */
export function usualHeadPlaces(volumeSize: number, metadataOffsets: readonly number[]): Extent[] {
  const third = Math.floor(volumeSize / 3)
  return [
    ...metadataOffsets.map((at) => extent(at + METADATA_AREA, UNIT)),
    extentBetween(32 * MIB, 38 * MIB),
    extentBetween(Math.max(0, third - MIB), third + 4 * MIB),
  ]
}

const MIB = 1 << 20
const UNIT = 4096
const METADATA_AREA = 0x10000
