/**
 * NTFS records in the places where formatting puts them, for a volume that lost its boot sector and the backup of it.
 * Observed: Windows Vista and later put $MFTMirr into cluster 2 and $MFT into cluster 0xC0000, or, on small volumes, into the
 * cluster at one third; mkntfs (ntfs-3g 2022.10.3) puts $MFT behind the 16 KiB of the head.
 */
import { alignDown, hex } from "../extents/extent.ts"
import { openFileRecord } from "../filesystem/index.ts"
import type { ByteSource } from "../source/byte-source.ts"
import { readBytes } from "../source/read-bytes.ts"

const CLUSTER = 4096
const RECORD_SIZES = [1024, 4096]

/** The position of the first FILE record found, in hex. */
export async function findFileRecord(source: ByteSource): Promise<string | undefined> {
  const third = alignDown(Math.floor(source.size / 3), CLUSTER)
  for (const at of [2 * CLUSTER, 4 * CLUSTER, 0xc0000 * CLUSTER, third]) {
    const { bytes } = await readBytes(source, at, CLUSTER)
    const isRecord = RECORD_SIZES.some((size) => openFileRecord(bytes.subarray(0, size)) !== undefined)
    if (isRecord) return hex(at)
  }
  return undefined
}
