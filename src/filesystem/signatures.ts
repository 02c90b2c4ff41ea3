/**
 * What else a source may be, as a table: file systems, volume managers, disk images, archives. Each row has marks at fixed
 * places; all of them must be there. Order matters where one thing contains another: a fixed VHD begins like the disk in it.
 *
 * Places and values follow the documentation of each format; `file(1)` and `blkid` know the same ones.
 */
import { startsWithLatin1 } from "../bytes/compare.ts"

type Mark =
  /** ISO 8859-1 text at a position, negative from the end; any one of several positions will do. */
  | { readonly at: number | readonly number[]; readonly text: string }
  /** At least one of these bits is set in the byte. */
  | { readonly at: number; readonly bits: number }
  /** None of these bits is set in the byte. */
  | { readonly at: number; readonly noBits: number }

interface Signature {
  /** With its article. */
  readonly name: string
  readonly marks: readonly Mark[]
}

/** How much of the start and of the end of a source the table looks at. */
export const HEAD_LENGTH = 0x11000
export const TAIL_LENGTH = 512

// The super block of ext lies at 0x400: its magic, and revision 1 (since 1997). Feature bits tell the generations apart.
const EXT = { at: 0x438, text: "\x53\xef" }
const EXT_REVISION = { at: 0x44c, text: "\x01\0\0\0" }
// Swap marks the end of its first page, whose size is the machine's.
const SWAP_MARKS = [0xff6, 0x1ff6, 0x3ff6, 0xfff6]
// Four partitions, each active (0x80) or not (0), and the first of them has a type.
const MBR_ENTRIES: readonly Mark[] = [
  { at: 0x1be, noBits: 0x7f },
  { at: 0x1ce, noBits: 0x7f },
  { at: 0x1de, noBits: 0x7f },
  { at: 0x1ee, noBits: 0x7f },
  { at: 0x1c2, bits: 0xff },
]

const SIGNATURES: readonly Signature[] = [
  { name: "a LUKS1 container", marks: [{ at: 0, text: "LUKS\xba\xbe\0\x01" }] },
  { name: "a LUKS2 container", marks: [{ at: 0, text: "LUKS\xba\xbe\0\x02" }] },
  { name: "an LVM physical volume", marks: [{ at: [0, 512, 1024, 1536], text: "LABELONE" }] },
  { name: "a member of a Linux RAID", marks: [{ at: [0, 0x1000], text: "\xfc\x4e\x2b\xa9\x01\0\0\0" }] },
  { name: "a Linux swap area", marks: [{ at: SWAP_MARKS, text: "SWAPSPACE2" }] },
  { name: "an ext4 file system", marks: [EXT, EXT_REVISION, { at: 0x460, bits: 0xc0 }] },
  { name: "an ext3 file system", marks: [EXT, EXT_REVISION, { at: 0x45c, bits: 0x04 }] },
  { name: "an ext2 file system", marks: [EXT, EXT_REVISION] },
  { name: "an XFS file system", marks: [{ at: 0, text: "XFSB\0\0" }] },
  { name: "a Btrfs file system", marks: [{ at: 0x10040, text: "_BHRfS_M" }] },
  { name: "an F2FS file system", marks: [{ at: 0x400, text: "\x10\x20\xf5\xf2" }] },
  { name: "a ReiserFS file system", marks: [{ at: 0x10034, text: "ReIsEr" }] },
  { name: "an APFS container", marks: [{ at: 0x20, text: "NXSB" }] },
  { name: "an HFS+ volume", marks: [{ at: 0x400, text: "H+\0\x04" }] },
  { name: "an HFSX volume", marks: [{ at: 0x400, text: "HX\0\x05" }] },
  { name: "a squashfs image", marks: [{ at: 0, text: "hsqs" }] },
  { name: "an ISO 9660 image", marks: [{ at: 0x8001, text: "CD001" }] },
  { name: "a UDF file system", marks: [{ at: 0x8001, text: "BEA01" }] },
  { name: "an E01 image (EnCase)", marks: [{ at: 0, text: "EVF\t\r\n\xff\0" }] },
  { name: "an Ex01 image (EnCase 7)", marks: [{ at: 0, text: "EVF2\r\n\x81\0" }] },
  { name: "a VHDX image", marks: [{ at: 0, text: "vhdxfile" }] },
  { name: "a VHD image", marks: [{ at: [0, -512], text: "conectix" }] },
  { name: "a qcow2 image", marks: [{ at: 0, text: "QFI\xfb\0\0\0" }] },
  { name: "a VMDK image", marks: [{ at: 0, text: "KDMV" }] },
  { name: "a VMDK descriptor", marks: [{ at: 0, text: "# Disk DescriptorFile" }] },
  { name: "a VirtualBox disk image (VDI)", marks: [{ at: 0x40, text: "\x7f\x10\xda\xbe" }] },
  { name: "an Apple disk image (DMG)", marks: [{ at: -512, text: "koly\0\0\0\x04" }] },
  { name: "a Windows image (WIM)", marks: [{ at: 0, text: "MSWIM\0\0\0" }] },
  { name: "a zip archive", marks: [{ at: 0, text: "PK\x03\x04" }] },
  { name: "a gzip archive", marks: [{ at: 0, text: "\x1f\x8b\x08" }] },
  { name: "a 7z archive", marks: [{ at: 0, text: "7z\xbc\xaf\x27\x1c" }] },
  { name: "a RAR archive", marks: [{ at: 0, text: "Rar!\x1a\x07" }] },
  { name: "an xz archive", marks: [{ at: 0, text: "\xfd7zXZ\0" }] },
  { name: "a bzip2 archive", marks: [{ at: 4, text: "1AY&SY" }] },
  { name: "a Zstandard archive", marks: [{ at: 0, text: "\x28\xb5\x2f\xfd" }] },
  { name: "a GPT partition table", marks: [{ at: [512, 4096], text: "EFI PART" }] },
  { name: "an MBR partition table", marks: [{ at: 0x1fe, text: "\x55\xaa" }, ...MBR_ENTRIES] },
]

/** The name of the first row that fits; `head` begins at 0, `tail` ends where the source ends. */
export function matchSignature(head: Uint8Array, tail: Uint8Array): string | undefined {
  return SIGNATURES.find(({ marks }) => marks.every((mark) => isThere(mark, head, tail)))?.name
}

function isThere(mark: Mark, head: Uint8Array, tail: Uint8Array): boolean {
  if ("noBits" in mark) return ((head[mark.at] ?? 0xff) & mark.noBits) === 0
  if ("bits" in mark) return ((head[mark.at] ?? 0) & mark.bits) !== 0
  const places = typeof mark.at === "number" ? [mark.at] : mark.at
  return places.some((at) =>
    at < 0 ? startsWithLatin1(tail, mark.text, tail.length + at) : startsWithLatin1(head, mark.text, at),
  )
}
