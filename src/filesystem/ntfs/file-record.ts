/** FILE records of $MFT: whether the bytes are one, and the resident attributes in it. */
import { parseUtf16 } from "../../bytes/utf16.ts"
import { undoFixups } from "./fixup.ts"
import { ATTRIBUTE, AttributeHeader, FileRecordHeader } from "./layout.ts"

export interface FileRecord {
  readonly header: FileRecordHeader
  /** The whole record, fixups undone. */
  readonly bytes: Uint8Array
}

/** `undefined` when the bytes (exactly one record) are no FILE record whose fixups and sizes fit. */
export function openFileRecord(record: Uint8Array): FileRecord | undefined {
  const restored = undoFixups(record)
  if (!restored) return undefined
  const header = FileRecordHeader.parse(restored)
  const isWhole =
    header.head.signature === "FILE" &&
    header.bytesAllocated === record.length &&
    header.bytesUsed <= record.length &&
    header.firstAttribute >= FileRecordHeader.size &&
    header.firstAttribute < header.bytesUsed
  return isWhole ? { header, bytes: restored } : undefined
}

/** The value of the first resident attribute of the type and the name; most have none. */
export function residentValue(record: FileRecord, type: number, name = ""): Uint8Array | undefined {
  let at = record.header.firstAttribute
  while (at + AttributeHeader.size <= record.header.bytesUsed) {
    const attribute = AttributeHeader.parse(record.bytes, at)
    if (attribute.type === ATTRIBUTE.end || attribute.length < AttributeHeader.size) return undefined
    if (attribute.type === type && attribute.nonResident === 0 && isNamed(record, at, attribute, name)) {
      const start = at + attribute.valueOffset
      const end = start + attribute.valueLength
      return end <= record.header.bytesUsed ? record.bytes.subarray(start, end) : undefined
    }
    at += attribute.length
  }
  return undefined
}

function isNamed(
  { bytes }: FileRecord,
  at: number,
  { nameLength, nameOffset }: AttributeHeader,
  name: string,
): boolean {
  const start = at + nameOffset
  return nameLength === name.length && parseUtf16(bytes.subarray(start, start + 2 * nameLength)) === name
}
