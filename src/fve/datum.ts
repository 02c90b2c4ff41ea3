/**
 * The walk over datums, and its inverse. A datum begins where the one before it ends, with no alignment: sizes such as 291
 * and 45 are on real volumes. Damage ends the walk where it stands and leaves a finding; everything before it is kept.
 */
import { concatBytes } from "../bytes/concat.ts"
import { serializeUtf16 } from "../bytes/utf16.ts"
import { extentBetween, hex } from "../extents/extent.ts"
import type { Finding } from "../findings.ts"
import { DatumHeader, DatumType, PROPERTIES_AFTER } from "./datum-layout.ts"

export interface Datum {
  readonly role: number
  readonly type: number
  readonly flags: number
  /** From the start of the bytes that were walked. */
  readonly offset: number
  /** Bytes, the header included. */
  readonly size: number
  /** Everything after the header, properties included. A view, not a copy. */
  readonly body: Uint8Array
  /** Datums nested in this one. */
  readonly properties: readonly Datum[]
}

/** Real datums nest three deep. The bound keeps crafted ones from exhausting the stack. */
const DEEPEST = 8

/** Walks `[start, end)` of `source`. Never throws; each turn advances by at least one header. */
export function parseDatums(
  source: Uint8Array,
  start: number,
  end: number,
  findings: Finding[],
  depth = 0,
): Datum[] {
  const datums: Datum[] = []
  let at = start
  const stop = Math.min(end, source.length)
  while (at < stop) {
    const fault = at + DatumHeader.size > stop ? "is cut off in its header" : undefined
    const header = fault ? undefined : DatumHeader.parse(source, at)
    if (!header || header.size < DatumHeader.size || at + header.size > stop) {
      const why =
        fault ?? (header!.size < DatumHeader.size ? "has an impossible size" : "ends past its dataset")
      findings.push({
        code: "datum-broken",
        severity: "damage",
        text: `datum at ${hex(at)} ${why}`,
        extent: extentBetween(at, stop),
        evidence: header ? { offset: at, ...header } : { offset: at },
      })
      break
    }
    const { role, type, flags, size } = header
    const fixed = PROPERTIES_AFTER.get(type)
    const nested = fixed !== undefined && depth < DEEPEST
    datums.push({
      role,
      type,
      flags,
      offset: at,
      size,
      body: source.subarray(at + DatumHeader.size, at + size),
      properties: nested
        ? parseDatums(source, at + DatumHeader.size + fixed, at + size, findings, depth + 1)
        : [],
    })
    at += size
  }
  return datums
}

/** A datum to write. */
export interface DatumParts {
  readonly role: number
  readonly type: number
  /** Bit 0, set on every datum on disk, when absent. */
  readonly flags?: number
  /** The body in order: fixed fields, then properties. */
  readonly body: readonly Uint8Array[]
}

/** @throws RangeError when the datum does not fit the 16-bit size. */
export function serializeDatum({ role, type, flags = 1, body }: DatumParts): Uint8Array {
  const size = body.reduce((sum, part) => sum + part.length, DatumHeader.size)
  return concatBytes([DatumHeader.serialize({ size, role, type, flags }), ...body])
}

/** With the terminating NUL that Windows writes. */
export function serializeUnicodeDatum(role: number, text: string): Uint8Array {
  return serializeDatum({ role, type: DatumType.unicode, body: [serializeUtf16(`${text}\0`)] })
}
