/**
 * Finds the two kinds of datums that a key package exists for, VMK info and FVEK, at any byte of anything: in bare sequences
 * of datums, behind a header nobody knows, after damage that ended a walk.
 *
 * Nothing announces them, so shape is all there is. A VMK info must be tiled by its properties to the last byte, and an
 * FVEK have the size of one of the methods. Whether their contents are right, only the tags can tell.
 */
import { indexOfBytes } from "../bytes/compare.ts"
import { EncryptionMethod, methodFacts } from "../crypto/method.ts"
import type { Finding } from "../findings.ts"
import { AesCcmBody, DatumHeader, DatumRole, DatumType, KeyBody } from "./datum-layout.ts"
import { type Datum, parseDatums } from "./datum.ts"
import { readKeyProtector } from "./key-protector.ts"
import { readCcmBox } from "./wrapped-key.ts"

/** Whether it is what a key package must hold: a VMK info or an FVEK, however damaged inside. */
export function isKeyDatum(datum: Datum): boolean {
  if (datum.role === DatumRole.keyProtector) return readKeyProtector(datum) !== undefined
  return datum.role === DatumRole.fvek && readCcmBox(datum) !== undefined
}

/** In order of their offsets in `source`. Total, and linear in the bytes searched. */
export function findKeyDatums(source: Uint8Array): Datum[] {
  const found = [...scan(source, VMK_INFO), ...scan(source, FVEK)]
  return found.sort((a, b) => a.offset - b.offset)
}

/** More than any volume has. */
const MOST_DATUMS = 256
/** Crafted bytes can look like a header at every turn, and each walk of a datum may be in vain. */
const MOST_WALKED = 1 << 20

interface Shape {
  readonly role: number
  readonly type: number
  isSize(size: number): boolean
  isWhole(datum: Datum): boolean
}

/** Real ones have 160 to 808 bytes. */
const VMK_INFO_SIZES = { smallest: 100, largest: 4096 }

const VMK_INFO: Shape = {
  role: DatumRole.keyProtector,
  type: DatumType.vmkInfo,
  isSize: (size) => size >= VMK_INFO_SIZES.smallest && size <= VMK_INFO_SIZES.largest,
  isWhole: (datum) => datum.properties.length > 0 && hasKnownKind(datum),
}

function hasKnownKind(datum: Datum): boolean {
  const protector = readKeyProtector(datum)
  return protector !== undefined && protector.kind !== "unknown"
}

const FVEK_SIZES: ReadonlySet<number> = new Set(
  Object.values(EncryptionMethod).map((method) => {
    const keyDatum = DatumHeader.size + KeyBody.size + methodFacts(method).fvekLength
    return DatumHeader.size + AesCcmBody.size + keyDatum
  }),
)

const FVEK: Shape = {
  role: DatumRole.fvek,
  type: DatumType.aesCcm,
  isSize: (size) => FVEK_SIZES.has(size),
  isWhole: () => true,
}

function scan(source: Uint8Array, shape: Shape): Datum[] {
  const header = DatumHeader.serialize({ size: 0, role: shape.role, type: shape.type, flags: 0 })
  const start = DatumHeader.offsetOf("role")
  const roleAndType = header.subarray(start, DatumHeader.offsetOf("flags"))
  const found: Datum[] = []
  let walks = Math.min(2 * source.length, MOST_WALKED)
  let at = 0
  while (walks > 0 && found.length < MOST_DATUMS) {
    const hit = indexOfBytes(source, roleAndType, at + start)
    if (hit < 0) break
    at = hit - start
    const { datum, walked } = readWhole(source, at, shape)
    if (datum) found.push(datum)
    walks -= walked
    at += datum ? datum.size : 1
  }
  return found
}

function readWhole(
  source: Uint8Array,
  at: number,
  shape: Shape,
): { readonly datum?: Datum; readonly walked: number } {
  const none = { walked: 1 }
  if (at + DatumHeader.size > source.length) return none
  const { size } = DatumHeader.parse(source, at)
  if (!shape.isSize(size) || at + size > source.length) return none
  const faults: Finding[] = []
  const [datum] = parseDatums(source, at, at + size, faults)
  const isWhole = datum !== undefined && faults.length === 0 && shape.isWhole(datum)
  return { ...(isWhole && { datum }), walked: size }
}
