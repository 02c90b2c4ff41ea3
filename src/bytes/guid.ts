/**
 * GUIDs in Microsoft's mixed-endian order: Data1 u32, Data2 u16 and Data3 u16 little-endian, Data4 as it stands
 * (MS-DTYP 2.3.4.2). In text they are upper case without braces, as Windows shows key IDs.
 */
import { type Field, viewOf } from "./struct.ts"

const PATTERN = /^\{?([0-9a-f]{8})-([0-9a-f]{4})-([0-9a-f]{4})-([0-9a-f]{4})-([0-9a-f]{12})\}?$/i

export function parseGuid(source: Uint8Array, at = 0): string {
  const view = viewOf(source)
  const digits = (value: number, width: number): string => value.toString(16).padStart(width, "0")
  const tail = Array.from({ length: 8 }, (_, i) => digits(view.getUint8(at + 8 + i), 2)).join("")
  return [
    digits(view.getUint32(at, true), 8),
    digits(view.getUint16(at + 4, true), 4),
    digits(view.getUint16(at + 6, true), 4),
    tail.slice(0, 4),
    tail.slice(4),
  ]
    .join("-")
    .toUpperCase()
}

/** @throws RangeError when the text is no GUID; braces are allowed, case does not matter. */
export function serializeGuid(text: string): Uint8Array {
  const parts = PATTERN.exec(text)
  if (!parts) throw new RangeError(`"${text}" is no GUID`)
  const [, data1, data2, data3, data4a, data4b] = parts as unknown as string[]
  const out = new Uint8Array(16)
  const view = viewOf(out)
  view.setUint32(0, parseInt(data1!, 16), true)
  view.setUint16(4, parseInt(data2!, 16), true)
  view.setUint16(6, parseInt(data3!, 16), true)
  const tail = data4a! + data4b!
  for (let i = 0; i < 8; i++) out[8 + i] = parseInt(tail.slice(2 * i, 2 * i + 2), 16)
  return out
}

export function isGuid(text: string): boolean {
  return PATTERN.test(text)
}

/** A GUID as a field of a struct. */
export function guid(doc: string): Field<string> {
  return {
    type: "guid",
    size: 16,
    doc,
    get: (view, at) => parseGuid(new Uint8Array(view.buffer, view.byteOffset + at, 16)),
    set: (view, at, value) => new Uint8Array(view.buffer, view.byteOffset + at, 16).set(serializeGuid(value)),
  }
}
