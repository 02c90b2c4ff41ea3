/**
 * The original boot sector of a volume whose head is damaged or gone. BitLocker keeps the first sectors of a volume in one
 * place only, but file systems keep a copy of their own boot sector: NTFS in the last sector, FAT32 in sector 6, exFAT in
 * sector 12, the last two inside the head. NTFS without either can still be read from $MFT, which describes itself: then a
 * boot sector is synthesised, and said to be. What is gone beyond that is lost, and said too: zeros in its place would look
 * like data.
 */
import { equalBytes, isAllZero } from "../bytes/compare.ts"
import { showsStructure } from "../bytes/structure.ts"
import {
  type Extent,
  alignUp,
  endOf,
  extent,
  extentBetween,
  hexRange,
  intersect,
  mergeExtents,
  overlaps,
  subtractExtents,
  totalLength,
} from "../extents/extent.ts"
import type { Finding } from "../findings.ts"
import { type FileSystem, nameOf, recogniseFileSystem } from "../filesystem/index.ts"
import type { ByteSource } from "../source/byte-source.ts"
import { heldExtents } from "../source/held-extents.ts"
import { readBytes } from "../source/read-bytes.ts"
import { type InPlace, bootContradicted, judgeInPlace } from "./original-boot-in-place.ts"
import { findNtfsBackup, synthesiseNtfs } from "./original-boot-ntfs.ts"
import { exfatRegion, fatGoneFinding, fatTablesEnd } from "./original-boot-fat.ts"

export interface OriginalBootQuestion {
  /** The plaintext by the plan so far; its head may be noise. */
  readonly view: ByteSource
  /** The volume as stored. */
  readonly source: ByteSource
  readonly sectorSize: number
  /** Bytes of the head; of Windows Vista, which keeps it in place, one sector. */
  readonly headLength: number
  /** Where the head is stored; absent when that is not known, or when it is in place. */
  readonly headBackup?: Extent | undefined
  /** Sectors of the disk before the volume, where that is known. */
  readonly hiddenSectorCount?: number | undefined
  readonly signal?: AbortSignal | undefined
  /** Of the search for $MFT through the whole volume. */
  readonly onProgress?: ((done: number, total: number) => void) | undefined
}

/** Bytes that the volume is to show in place of those that are stored. */
export interface BootSubstitution {
  readonly at: number
  readonly bytes: Uint8Array
}

export interface OriginalBoot {
  /** Of the boot sector: as kept, for better or worse; from a copy; made up from what the file system shows; or gone. */
  readonly state: "intact" | "restored" | "synthesised" | "lost"
  readonly substitutions: readonly BootSubstitution[]
  /** Parts of the head that nobody can read any more, the substituted ones included. */
  readonly lost: readonly Extent[]
  readonly findings: readonly Finding[]
}

export async function findOriginalBoot(asked: OriginalBootQuestion): Promise<OriginalBoot> {
  const { view, sectorSize } = asked
  const question = {
    ...asked,
    headLength: Math.max(asked.headLength, await unreadableFrom(view, sectorSize)),
  }
  const fileSystem = await recogniseFileSystem(view)
  const lost = await lostParts(question, fileSystem)
  const first = extent(0, sectorSize)
  const isGone = lost.some((e) => overlaps(e, first))
  const judgement = isGone ? "wrong" : await judge(question, fileSystem)
  const intact = { state: "intact", substitutions: [], lost, findings: [] } as const
  if (judgement === "right") return intact
  if (judgement === "contradicted") return { ...intact, findings: [bootContradicted(sectorSize)] }
  const found = (await restore(question, fileSystem, lost)) ?? (await synthesise(question))
  if (!found && judgement === "unconfirmed") return intact
  if (!found)
    return { state: "lost", substitutions: [], lost, findings: [bootLost(lost), ...fatGone(question, lost)] }
  const gone = mergeExtents([...lost, first])
  const rest = totalLength(gone) > totalLength(found.substitutions.map((s) => extent(s.at, s.bytes.length)))
  return {
    ...found,
    lost: gone,
    findings: [...found.findings, ...(rest ? [headDamaged(gone, fileSystem)] : [])],
  }
}

async function judge(
  { view, headBackup, sectorSize }: OriginalBootQuestion,
  fileSystem: FileSystem | undefined,
): Promise<InPlace> {
  if (!headBackup) return judgeInPlace(view, fileSystem, sectorSize)
  return fileSystem && fileSystem.bootSectorAt !== 0 ? "wrong" : "right"
}

type Restored = Pick<OriginalBoot, "state" | "substitutions" | "findings">

/** From a copy whose file system is there. */
async function restore(
  { view, sectorSize, signal }: OriginalBootQuestion,
  fileSystem: FileSystem | undefined,
  lost: readonly Extent[],
): Promise<Restored | undefined> {
  const byBackup = fileSystem?.bootSectorAt ? fileSystem : await findNtfsBackup(view, sectorSize)
  if (!byBackup) return undefined
  const { type, bootSectorAt: at } = byBackup
  const { bytes } = await readBytes(view, at, sectorSize, signal)
  const differs = type === "exfat" ? "; its dirty flag and share in use may be older" : ""
  const findings: Finding[] = [
    {
      code: "boot-sector-restored",
      severity: "notice",
      text: `the original boot sector is lost: taken from its copy at ${hexRange(extent(at, sectorSize))}, with which ${nameOf(type)} is there${differs}`,
      extent: extent(0, sectorSize),
      evidence: { copyAt: at, fileSystem: type },
    },
  ]
  const others = type === "exfat" ? await exfatRegion(view, sectorSize, lost) : []
  return { state: "restored", substitutions: [{ at: 0, bytes }, ...others], findings }
}

async function synthesise(question: OriginalBootQuestion): Promise<Restored | undefined> {
  const { view, sectorSize, hiddenSectorCount = 0, signal, onProgress } = question
  const made = await synthesiseNtfs(view, sectorSize, hiddenSectorCount, { signal, onProgress })
  return (
    made && { state: "synthesised", substitutions: [{ at: 0, bytes: made.sector }], findings: [made.finding] }
  )
}

/** The longest head of NTFS and ReFS; a longer one is that of a FAT volume. */
const USUAL_HEAD = 0x2000
const PIECE = 1 << 20

/** Bytes at the start of the volume of which none can be read: a head that is kept nowhere any more. */
async function unreadableFrom(view: ByteSource, sectorSize: number): Promise<number> {
  let end = heldExtents(view)[0]?.start ?? view.size
  while (end < view.size) {
    const { bytes, unreadable } = await readBytes(view, end, Math.min(PIECE, view.size - end))
    const [first] = mergeExtents(unreadable)
    if (first?.start !== end) break
    end += first.length
    if (first.length < bytes.length) break
  }
  return alignUp(end, sectorSize)
}

function* piecesOf(e: Extent): Generator<Extent, void, undefined> {
  for (let at = e.start; at < endOf(e); at += PIECE) yield intersect(extent(at, PIECE), e)
}

/**
 * Sectors of the head that were destroyed: unreadable ones, raw zeros, which no ciphertext is, and noise where noise cannot
 * be. The head of NTFS is written whole, and holds code, tables and zeros. That of FAT goes on with files, of which some are
 * compressed, and with free clusters that were perhaps never written: only what it begins with, and its tables, can be told.
 */
async function lostParts(
  { view, source, sectorSize, headLength, headBackup, signal }: OriginalBootQuestion,
  fileSystem: FileSystem | undefined,
): Promise<Extent[]> {
  const isShort = headLength <= USUAL_HEAD
  const tablesEnd = fileSystem ? await fatTablesEnd(view, fileSystem) : 0
  const head = extent(0, Math.min(headLength, view.size))
  const held = heldExtents(view, head, sectorSize)
  const lost = subtractExtents(head, held)
  const zeros: Extent[] = []
  let isStoredEncrypted = false
  let isLeading = true
  for (const part of held.flatMap((e) => [...piecesOf(e)])) {
    const { start: at, length } = part
    const shown = await readBytes(view, at, length, signal)
    const stored = headBackup && (await readBytes(source, headBackup.start + at, length, signal)).bytes
    lost.push(...shown.unreadable)
    for (let i = 0; i + sectorSize <= shown.bytes.length; i += sectorSize) {
      const here = extent(at + i, sectorSize)
      const plaintext = shown.bytes.subarray(i, i + sectorSize)
      const raw = stored?.subarray(i, i + sectorSize)
      const isZero = raw !== undefined && isAllZero(raw)
      const isDecrypted = raw !== undefined && !isZero && !equalBytes(raw, plaintext)
      // What has structure was never ciphertext: somebody wrote it over the head. Plain CBC makes patterns of it.
      const isForeign = isDecrypted && showsStructure(raw)
      const isNoise = isForeign || (!isZero && !isAllZero(plaintext) && !showsStructure(plaintext))
      if (isDecrypted) isStoredEncrypted = true
      isLeading &&= isZero || isNoise
      if (isZero && (isShort || isLeading)) zeros.push(here)
      if (isNoise && (isShort || isLeading || here.start < tablesEnd)) lost.push(here)
    }
  }
  // Zeros in a head that is stored in plaintext are zeros; but nothing else is no head.
  const isGone = isStoredEncrypted || lost.length > 0 || totalLength(zeros) >= headLength
  return mergeExtents([...lost, ...(isGone ? zeros : [])])
}

function headDamaged(lost: readonly Extent[], fileSystem: FileSystem | undefined): Finding {
  const where = extentBetween(lost[0]!.start, lost.at(-1)!.start + lost.at(-1)!.length)
  const what =
    fileSystem?.type.startsWith("fat") || fileSystem?.type === "exfat"
      ? "allocation tables and files among them"
      : "boot code, which only a system drive needs"
  return {
    code: "head-damaged",
    severity: "damage",
    text: `${totalLength(lost)} bytes of the volume's first sectors, within ${hexRange(where)}, are destroyed and exist nowhere else: ${what}`,
    extent: where,
  }
}

function bootLost(lost: readonly Extent[]): Finding {
  return {
    code: "boot-sector-lost",
    severity: "damage",
    text: `the original boot sector is lost, and so are ${totalLength(lost)} bytes with it: no copy of it was found, and no NTFS to make one from`,
    extent: extent(0, lost[0]?.length ?? 0),
  }
}

function fatGone({ headLength }: OriginalBootQuestion, lost: readonly Extent[]): Finding[] {
  return headLength > USUAL_HEAD && lost.length > 0 ? [fatGoneFinding(lost)] : []
}
