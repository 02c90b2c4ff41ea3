/**
 * A boot sector that stands in its own place in plaintext, as in Windows Vista: where that is, anybody may have written one
 * over it, and single bits of it change unseen. It is judged by the records of $MFT that it leads to, and by its copy.
 */
import { equalBytes } from "../bytes/compare.ts"
import { extent } from "../extents/extent.ts"
import type { Finding } from "../findings.ts"
import { type FileSystem, NtfsBootSector } from "../filesystem/index.ts"
import type { ByteSource } from "../source/byte-source.ts"
import { readBytes } from "../source/read-bytes.ts"
import { findNtfsBackup } from "./original-boot-ntfs.ts"

/**
 * `contradicted`: its copy says something else, and nothing tells which is right. `unconfirmed`: it leads to no $MFT; it may
 * be the volume's own all the same, unless something better is found.
 */
export type InPlace = "right" | "contradicted" | "unconfirmed" | "wrong"

export async function judgeInPlace(
  view: ByteSource,
  fileSystem: FileSystem | undefined,
  sectorSize: number,
): Promise<InPlace> {
  // Windows Vista encrypts nothing else.
  if (fileSystem?.type !== "ntfs" || fileSystem.bootSectorAt !== 0) return "wrong"
  const records = fileSystem.checks.filter(({ name }) => name.startsWith("mft-"))
  if (!records.some(({ outcome }) => outcome === "right")) {
    // What cannot be read, or was cut off, speaks against nothing.
    return records.some(({ outcome }) => outcome === "wrong" || outcome === "zeros") ? "unconfirmed" : "right"
  }
  const copy = await findNtfsBackup(view, sectorSize)
  if (!copy) return "right"
  const { bytes: own } = await readBytes(view, 0, sectorSize)
  const { bytes: other } = await readBytes(view, copy.bootSectorAt, sectorSize)
  if (equalBytes(own, other)) return "right"
  const [oddities, othersOddities] = [countOddities(own), countOddities(other)]
  if (oddities === othersOddities) return "contradicted"
  return oddities < othersOddities ? "right" : "wrong"
}

/** What formatting by Windows and mkntfs writes into every boot sector, byte by byte in the order of the fields. */
const CONSTANT = {
  jump: [0xeb, 0x52, 0x90],
  reserved0E: [0, 0, 0, 0, 0, 0, 0],
  media: [0xf8],
  reserved16: [0, 0],
  reserved20: [0, 0, 0, 0],
  reserved24: [0x80, 0, 0x80, 0],
  reserved41: [0, 0, 0],
  reserved45: [0, 0, 0],
  checksum: [0, 0, 0, 0],
  signature: [0x55, 0xaa],
} as const

/** Bytes that are not what they are in every boot sector. */
function countOddities(sector: Uint8Array): number {
  return Object.entries(CONSTANT).reduce((sum, [field, bytes]) => {
    const at = NtfsBootSector.offsetOf(field as keyof typeof CONSTANT)
    return sum + bytes.filter((byte, i) => sector[at + i] !== byte).length
  }, 0)
}

export function bootContradicted(sectorSize: number): Finding {
  return {
    code: "boot-sector-contradicted",
    severity: "damage",
    text: "the boot sector and its copy in the last sector differ, and nothing tells which of them is right: the first one is kept",
    extent: extent(0, sectorSize),
  }
}
