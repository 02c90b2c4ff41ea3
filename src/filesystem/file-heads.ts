/**
 * How files begin, by the extension of their names: "known magics where the file system says that a file starts". A name is
 * no promise, so a head that does not fit speaks against the bytes only when they look random as well.
 *
 * The marks follow the documentation of each format; `file(1)` knows the same ones.
 */
import { startsWithLatin1 } from "../bytes/compare.ts"
import { looksRandom } from "../bytes/entropy.ts"
import type { Extent } from "../extents/extent.ts"
import type { ByteSource } from "../source/byte-source.ts"
import { readBytes } from "../source/read-bytes.ts"
import { type Structure, type StructureOutcome, judgePart, spreadOf } from "./skeleton.ts"

/** Bytes of a head that are looked at. */
export const HEAD_LENGTH = 4096
/** Of a volume. */
export const MOST_HEADS = 512

/** Where a file begins that is named so. */
export interface HeadPlace extends Extent {
  readonly name: string
}

const ZIP = ["PK\x03\x04", "PK\x05\x06"]
const OLE2 = ["\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"]
const TIFF = ["II*\0", "MM\0*"]
const MATROSKA = ["\x1a\x45\xdf\xa3"]
const ASF = ["\x30\x26\xb2\x75\x8e\x66\xcf\x11"]
const EXECUTABLE = ["MZ"]

/** Any one of the marks stands at the start of the file. */
const AT_START: Readonly<Record<string, readonly string[]>> = {
  "7z": ["7z\xbc\xaf\x27\x1c"],
  avi: ["RIFF"],
  bmp: ["BM"],
  bz2: ["BZh"],
  cab: ["MSCF"],
  doc: OLE2,
  docx: ZIP,
  dll: EXECUTABLE,
  evtx: ["ElfFile\0"],
  exe: EXECUTABLE,
  flac: ["fLaC", "ID3"],
  gif: ["GIF87a", "GIF89a"],
  gz: ["\x1f\x8b\x08"],
  jar: ZIP,
  jpeg: ["\xff\xd8\xff"],
  jpg: ["\xff\xd8\xff"],
  mkv: MATROSKA,
  msi: OLE2,
  nef: TIFF,
  odp: ZIP,
  ods: ZIP,
  odt: ZIP,
  ogg: ["OggS"],
  pdf: ["%PDF-"],
  png: ["\x89PNG\r\n\x1a\n"],
  ppt: OLE2,
  pptx: ZIP,
  psd: ["8BPS"],
  pst: ["!BDN"],
  rar: ["Rar!\x1a\x07"],
  rtf: ["{\\rtf"],
  sqlite: ["SQLite format 3\0"],
  sys: EXECUTABLE,
  tif: TIFF,
  tiff: TIFF,
  ttf: ["\0\x01\0\0", "true", "OTTO", "ttcf"],
  vhdx: ["vhdxfile"],
  wav: ["RIFF"],
  webm: MATROSKA,
  wim: ["MSWIM\0\0\0"],
  wma: ASF,
  wmv: ASF,
  xls: OLE2,
  xlsx: ZIP,
  xz: ["\xfd7zXZ\0"],
  zip: ZIP,
}

/** The first box of an ISO base media file names itself behind its length. */
const BOXED = new Set(["mp4", "m4a", "m4v", "mov", "heic", "3gp"])
const BOXES = ["ftyp", "moov", "mdat", "wide", "free", "skip"]

/** Whether the name says how the file begins. */
export function hasKnownHead(name: string): boolean {
  const extension = extensionOf(name)
  return Object.hasOwn(AT_START, extension) || BOXED.has(extension)
}

/** Some of the heads, evenly spread. */
export async function judgeHeads(source: ByteSource, heads: readonly HeadPlace[]): Promise<Structure[]> {
  const structures: Structure[] = []
  for (const { name, start, length } of spreadOf(heads, MOST_HEADS)) {
    const read = await readBytes(source, start, length)
    const state = judgePart(read, start, { start, length }, () => true)
    const outcome = state === "right" ? judgeHead(name, read.bytes) : state
    structures.push({ region: "file-heads", outcome, start, length })
  }
  return structures
}

/** Of bytes that are not all zero, from the start of a file of that name. */
export function judgeHead(name: string, head: Uint8Array): StructureOutcome {
  const extension = extensionOf(name)
  const fits = BOXED.has(extension)
    ? BOXES.some((box) => startsWithLatin1(head, box, 4))
    : AT_START[extension]?.some((mark) => startsWithLatin1(head, mark))
  if (fits) return "right"
  return looksRandom(head) ? "wrong" : "other"
}

function extensionOf(name: string): string {
  return name.slice(name.lastIndexOf(".") + 1).toLowerCase()
}
