/**
 * How long the head of a To Go volume is. The discovery volume in front is readable, and all of it that is its own is the
 * head: FAT, root directory and reader files. Behind it, files whose only use is to cover the ciphertext begin at a cluster
 * border. So its directory names the border, and the first encrypted sector confirms it, or must do alone.
 */
import type { SectorCipher } from "../crypto/sector-cipher.ts"
import { isAllZero } from "../bytes/compare.ts"
import { showsStructure } from "../bytes/structure.ts"
import { type Extent, alignDown, extentBetween } from "../extents/extent.ts"
import { type FatGeometry, FatDirectoryEntry, readFatBootSector } from "../filesystem/index.ts"
import type { ByteSource } from "../source/byte-source.ts"
import { readBytes } from "../source/read-bytes.ts"

export interface DiscoveryHead {
  readonly length: number
  readonly confidence: "proven" | "likely" | "assumed"
  readonly evidence: string
  /** Where the border may lie, when nothing says more. */
  readonly doubtful: Extent
}

const SECTOR = 512
/** The copy of a FAT32 boot sector. */
const BACKUP_SECTOR = 6
/** Reader files take a few megabytes. */
const MOST_HEAD = 256 << 20
const PIECE = 1 << 20
/** Of every discovery volume seen. */
const ROOT_CLUSTER = 2

/** Its boot sector, or the copy of that; `undefined`: there is no discovery volume to be seen. */
export async function readDiscovery(
  source: ByteSource,
  signal?: AbortSignal,
): Promise<FatGeometry | undefined> {
  for (const sector of [0, BACKUP_SECTOR]) {
    const { bytes } = await readBytes(source, sector * SECTOR, SECTOR, signal)
    const found = readFatBootSector(bytes)
    if (found?.bits === 32) return found
  }
  return undefined
}

export async function findDiscoveryHead(
  source: ByteSource,
  cipher: SectorCipher,
  discovery: FatGeometry | undefined,
  signal?: AbortSignal,
): Promise<DiscoveryHead> {
  const { lastPlain, firstEncrypted } = await findTurn(source, cipher, discovery?.rootAt ?? SECTOR, signal)
  const named = discovery && (await findCover(source, discovery, signal))
  const doubtful = extentBetween(lastPlain, firstEncrypted)
  if (named !== undefined && named <= firstEncrypted) {
    const isConfirmed = named >= lastPlain
    return {
      length: named,
      confidence: isConfirmed ? "proven" : "likely",
      evidence: `a file of the discovery volume covers everything from ${named} bytes on${isConfirmed ? ", and there the ciphertext begins" : ""}`,
      doubtful: extentBetween(named, named),
    }
  }
  const borders = discovery ? bordersIn(doubtful, discovery) : [firstEncrypted]
  const isExact = borders.length === 1 && (discovery !== undefined || doubtful.length === 0)
  return {
    length: borders[0] ?? firstEncrypted,
    confidence: isExact ? "likely" : "assumed",
    evidence: `the ciphertext begins between ${lastPlain} and ${firstEncrypted} bytes, where clusters of the discovery volume leave ${borders.length} places`,
    doubtful: isExact ? extentBetween(borders[0]!, borders[0]!) : doubtful,
  }
}

/** The last sector that is plaintext before the first that is encrypted. */
async function findTurn(
  source: ByteSource,
  cipher: SectorCipher,
  from: number,
  signal: AbortSignal | undefined,
): Promise<{ lastPlain: number; firstEncrypted: number }> {
  const { sectorSize } = cipher
  let lastPlain = alignDown(from, sectorSize)
  const end = Math.min(alignDown(source.size, sectorSize), MOST_HEAD)
  for (let at = lastPlain; at < end; at += PIECE) {
    const raw = new Uint8Array(alignDown(Math.min(PIECE, end - at), sectorSize))
    await source.read(at, raw, signal)
    const decrypted = raw.slice()
    cipher.decrypt(decrypted, at)
    for (let i = 0; i < raw.length; i += sectorSize) {
      const sector = raw.subarray(i, i + sectorSize)
      if (isAllZero(sector)) continue
      if (showsStructure(sector)) lastPlain = at + i + sectorSize
      else if (showsStructure(decrypted.subarray(i, i + sectorSize)))
        return { lastPlain, firstEncrypted: at + i }
    }
  }
  return { lastPlain, firstEncrypted: end }
}

/** Where the first cover file of the ciphertext begins: `COV 0000. ER`. */
async function findCover(
  source: ByteSource,
  { rootAt, clusterSize }: FatGeometry,
  signal: AbortSignal | undefined,
): Promise<number | undefined> {
  const { bytes } = await readBytes(source, rootAt, clusterSize, signal)
  for (let at = 0; at + FatDirectoryEntry.size <= bytes.length; at += FatDirectoryEntry.size) {
    const { name, clusterHigh, clusterLow } = FatDirectoryEntry.parse(bytes, at)
    const isCover = name.startsWith("COV 0000") && name.slice(8).trim() === "ER"
    const cluster = clusterHigh * 0x10000 + clusterLow
    if (isCover && cluster > ROOT_CLUSTER) return rootAt + (cluster - ROOT_CLUSTER) * clusterSize
  }
  return undefined
}

function bordersIn(doubtful: Extent, { rootAt, clusterSize }: FatGeometry): number[] {
  const borders: number[] = []
  const first = rootAt + Math.ceil((doubtful.start - rootAt) / clusterSize) * clusterSize
  for (let at = first; at <= doubtful.start + doubtful.length; at += clusterSize) borders.push(at)
  return borders
}
