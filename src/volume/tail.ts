/**
 * The sectors after the last whole cluster of an NTFS volume, up to its backup boot sector, which is the last one. NTFS
 * does not count them, and a conversion of used space only leaves them as they were: in plaintext, on a volume that is
 * encrypted by its own account (seen in a report on public volumes: dislocker issue 364). Decrypting them gives noise.
 *
 * The test needs no trust in anything: either the raw last sector is a boot sector, or it is not.
 */
import { startsWithLatin1 } from "../bytes/compare.ts"
import { type Extent, alignDown, extentBetween, hex } from "../extents/extent.ts"
import type { Finding } from "../findings.ts"
import type { FileSystem } from "../filesystem/index.ts"
import { FVE_SIGNATURE } from "../fve/index.ts"
import type { ByteSource } from "../source/byte-source.ts"

const OEM_NAME_AT = 3
const NTFS_OEM_NAME = "NTFS    "

export type PlainBootSector = "ntfs" | "fve"

/**
 * What the raw sector before `end` is, when it is a boot sector in plaintext.
 * @param end of the file system's partition: that of the source, unless an image goes on behind it
 */
export async function readLastSector(
  source: ByteSource,
  end: number,
  sectorSize: number,
  signal?: AbortSignal,
): Promise<PlainBootSector | undefined> {
  if (end < sectorSize || end > source.size || end % sectorSize !== 0) return undefined
  const sector = new Uint8Array(sectorSize)
  const unreadable = await source.read(end - sectorSize, sector, signal)
  const isBootSector = unreadable.length === 0 && sector[510] === 0x55 && sector[511] === 0xaa
  if (!isBootSector) return undefined
  if (startsWithLatin1(sector, NTFS_OEM_NAME, OEM_NAME_AT)) return "ntfs"
  return startsWithLatin1(sector, FVE_SIGNATURE, OEM_NAME_AT) ? "fve" : undefined
}

/** The largest cluster of NTFS: a tail is shorter. */
const MOST_TAIL = 2 << 20

/** The sectors after the last whole cluster of `fileSystem`; the last sector alone where that is not known. */
export function tailOf(size: number, sectorSize: number, fileSystem: FileSystem | undefined): Extent {
  const isKnown = fileSystem?.type === "ntfs" && fileSystem.sizeBytes < size
  const start = isKnown ? alignDown(fileSystem.sizeBytes, fileSystem.clusterSize) : size - sectorSize
  return extentBetween(size - start > MOST_TAIL ? size - sectorSize : start, size)
}

export function plainTailFinding(plain: readonly Extent[]): Finding {
  const [first] = plain
  return {
    code: "tail-stored-plain",
    severity: "notice",
    text: `the backup boot sector and what is around it, from ${hex(first!.start)}, are stored in plaintext: a conversion of used space only leaves them`,
    extent: first!,
  }
}
