/**
 * The boot sector of NTFS from elsewhere: its copy, which lies behind the last sector that the file system counts, usually
 * in the last one of the volume; or made from $MFT.
 */
import { alignDown, alignUp, extent } from "../extents/extent.ts"
import type { Finding } from "../findings.ts"
import {
  type FileSystem,
  type MftGeometry,
  NtfsBootSector,
  findMftGeometry,
  readNtfsBootSector,
  recogniseNtfs,
} from "../filesystem/index.ts"
import type { ByteSource } from "../source/byte-source.ts"
import { readBytes } from "../source/read-bytes.ts"

/** How far from its end a volume is searched: partitions are cut at whole megabytes, file systems are not. */
const TAIL = 2 << 20

/** A copy whose $MFT or $MFTMirr is there, in the last part of the volume. */
export async function findNtfsBackup(view: ByteSource, sectorSize: number): Promise<FileSystem | undefined> {
  const start = Math.max(0, alignDown(view.size, sectorSize) - TAIL)
  const { bytes } = await readBytes(view, start, TAIL)
  for (let i = alignDown(bytes.length, sectorSize) - sectorSize; i >= 0; i -= sectorSize) {
    if (!readNtfsBootSector(bytes.subarray(i, i + sectorSize))) continue
    const found = await recogniseNtfs(view, start + i)
    const isThere = found?.checks.some(({ name, outcome }) => outcome === "right" && name.startsWith("mft-"))
    if (isThere) return found
  }
  return undefined
}

export interface SynthesisedBoot {
  readonly sector: Uint8Array
  readonly finding: Finding
}

/** `undefined` when there is no $MFT. */
export async function synthesiseNtfs(
  view: ByteSource,
  sectorSize: number,
  hiddenSectorCount: number,
  options: Parameters<typeof findMftGeometry>[1],
): Promise<SynthesisedBoot | undefined> {
  const mft = await findMftGeometry(view, options)
  if (!mft) return undefined
  const { sectorCount, isExact } = countSectors(mft, view.size, sectorSize)
  const sector = new Uint8Array(alignUp(NtfsBootSector.size, sectorSize))
  sector.set(
    NtfsBootSector.serialize({
      jump: Uint8Array.of(0xeb, 0x52, 0x90),
      oemId: "NTFS    ",
      bytesPerSector: sectorSize,
      sectorsPerCluster: countOrPower(mft.clusterSize / sectorSize),
      reserved0E: new Uint8Array(7),
      media: 0xf8,
      reserved16: 0,
      sectorsPerTrack: 63,
      heads: 255,
      hiddenSectors: hiddenSectorCount,
      reserved20: 0,
      reserved24: 0x00800080,
      totalSectors: BigInt(sectorCount),
      mftCluster: BigInt(mft.mftLcn),
      mirrorCluster: BigInt(mirrorOf(mft)),
      recordSize: sizeInClusters(mft.recordSize, mft.clusterSize),
      reserved41: new Uint8Array(3),
      indexSize: sizeInClusters(mft.indexBlockSize ?? USUAL_INDEX_BLOCK, mft.clusterSize),
      reserved45: new Uint8Array(3),
      serial: 0n,
      checksum: 0,
      code: new Uint8Array(426),
      signature: 0xaa55,
    }),
  )
  return { sector, finding: synthesised(mft, sectorSize, isExact) }
}

const USUAL_INDEX_BLOCK = 4096
/** Where formatting by Windows puts the mirror. */
const USUAL_MIRROR = 2 * 4096

/** One sector less than the volume has, if $BadClus agrees; else what $BadClus says in whole clusters. */
function countSectors(
  { clusterSize, clusterCount }: MftGeometry,
  volumeSize: number,
  sectorSize: number,
): { sectorCount: number; isExact: boolean } {
  const sectorCount = Math.floor(volumeSize / sectorSize) - 1
  const agrees = Math.floor((sectorCount * sectorSize) / clusterSize) === clusterCount
  if (agrees || clusterCount === undefined) return { sectorCount, isExact: agrees }
  return { sectorCount: (clusterCount * clusterSize) / sectorSize, isExact: false }
}

function mirrorOf({ mirrorLcn, foundAt, mftLcn, clusterSize }: MftGeometry): number {
  if (mirrorLcn !== undefined) return mirrorLcn
  const foundIn = foundAt / clusterSize
  return foundIn === mftLcn ? Math.max(1, USUAL_MIRROR / clusterSize) : foundIn
}

/** Up to 0x80 sectors as they are; more as a negative logarithm. */
function countOrPower(count: number): number {
  return count <= 0x80 ? count : 256 - Math.log2(count)
}

/** In clusters where it is that large; else the negative logarithm of its bytes. */
function sizeInClusters(size: number, clusterSize: number): number {
  return size >= clusterSize ? size / clusterSize : 256 - Math.log2(size)
}

function synthesised(mft: MftGeometry, sectorSize: number, isExact: boolean): Finding {
  const size = isExact ? "" : ", and its size in sectors is near the true one only"
  return {
    code: "boot-sector-synthesised",
    severity: "damage",
    text: `the original boot sector is lost, and so is its copy: one was made from $MFT; the serial number and the boot code are missing${size}`,
    extent: extent(0, sectorSize),
    evidence: {
      clusterSize: mft.clusterSize,
      mftCluster: mft.mftLcn,
      isMirrorKnown: mft.mirrorLcn !== undefined,
      isSizeExact: isExact,
    },
  }
}
