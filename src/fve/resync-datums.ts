/**
 * The walk over datums that goes on after damage. Where a size is broken, the datum's end follows from what it must be: its
 * properties fill it, its type has few sizes, or the next datum begins there. Where a whole header is gone, the properties
 * behind it still show a key protector, and a gap with the size of a wrapped key is taken for one.
 *
 * It needs no headers in front: given a metadata area or a piece of a disk, it finds the datums in it. What it finds may be
 * wrong, and a tag must tell; bytes that a checksum has proven are for `parseDatums`.
 */
import { isAllZero } from "../bytes/compare.ts"
import {
  BELOW,
  LARGEST,
  type Level,
  NESTED,
  type Room,
  SIZES,
  TOP,
  WRAPPED_KEY_SIZES,
  findLandmarks,
  isLandmark,
  isNamed,
  isVmkInfoBody,
} from "./datum-landmarks.ts"
import {
  DatumHeader,
  DatumRole,
  DatumType,
  KeyBody,
  KeyType,
  PROPERTIES_AFTER,
  StretchKeyBody,
  VmkInfoBody,
} from "./datum-layout.ts"
import { type Datum, parseDatums } from "./datum.ts"

/** Datums in `[start, end)`, offsets from the start of `source`. Total; the time grows with the bytes, whatever they are. */
export function resyncDatums(source: Uint8Array, start: number, end: number): Datum[] {
  const room = { source, start: Math.max(0, start), end: Math.min(end, source.length) }
  return walk(room, TOP)
}

/** Datums of the future in a row. */
const MOST_HOPS = 8
const STRETCH_KEY_SIZE = DatumHeader.size + StretchKeyBody.size

/** A level of the walk, with the places where a datum certainly begins. */
interface Walk extends Room {
  readonly level: Level
  readonly landmarks: readonly number[]
}

function walk(room: Room, level: Level): Datum[] {
  const w = { ...room, level, landmarks: findLandmarks(room, level) }
  const datums: Datum[] = []
  let at = room.start
  while (at + DatumHeader.size <= room.end) {
    const size = sizeAt(w, at)
    const found = size === undefined ? headlessDatums(w, at) : [readDatum(w, at, size)]
    datums.push(...found)
    const last = found.at(-1)
    at = last ? last.offset + last.size : landmarkFrom(w, at + 1)
  }
  return datums
}

function readDatum(
  { source, level }: Walk,
  at: number,
  size: number,
  { role, type, flags }: Pick<DatumHeader, "role" | "type" | "flags"> = DatumHeader.parse(source, at),
): Datum {
  const body = source.subarray(at + DatumHeader.size, at + size)
  const fixed = PROPERTIES_AFTER.get(type)
  const below = BELOW.get(level)
  const properties =
    fixed === undefined || fixed > body.length || !below
      ? []
      : readProperties({ source, start: at + DatumHeader.size + fixed, end: at + size }, below)
  return { role, type, flags, offset: at, size, body, properties }
}

function readProperties(room: Room, level: Level): Datum[] {
  return tiles(room, level) ?? walk(room, level)
}

/** The datums that fill the room exactly. */
function tiles({ source, start, end }: Room, { depth }: Level): Datum[] | undefined {
  const faults: Parameters<typeof parseDatums>[3] = []
  const datums = parseDatums(source, start, end, faults, depth)
  return faults.length === 0 ? datums : undefined
}

/** How far the datum at `at` reaches; `undefined` when none can be told. */
function sizeAt(w: Walk, at: number): number | undefined {
  const header = DatumHeader.parse(w.source, at)
  const end = at + header.size
  const fits = header.size >= DatumHeader.size && end <= w.end
  // Of the levels below, datums hold their like; on top, one that reaches over the next has a wrong size.
  const isClear = fits && (w.level !== TOP || landmarkFrom(w, at + 1) >= end)
  if (!isNamed(header, w.level)) {
    // Roles and types of the future have nothing but their place to be known by.
    const isInPlace = fits && header.size <= LARGEST && landmarkFrom(w, at + 1) >= end && leadsOn(w, end)
    return isInPlace ? header.size : undefined
  }
  if (isClear && isWhole(w, at, header)) return header.size
  const known = SIZES.get(header.type)?.find((size) => leadsOn(w, at + size))
  if (known !== undefined) return known
  const isPlain = !SIZES.has(header.type) && !PROPERTIES_AFTER.has(header.type)
  return isClear && (isPlain || leadsOn(w, end)) ? header.size : impliedSize(w, at, header.type)
}

/** What a datum must have whose size leads nowhere; `undefined` where its type says nothing. */
function impliedSize(w: Walk, at: number, type: number): number | undefined {
  const filled = filledSize(w, at, type)
  if (filled !== undefined && (w.level !== TOP || leadsOn(w, at + filled))) return filled
  const next = landmarkFrom(w, at + 1)
  return next - at <= LARGEST && next - at >= DatumHeader.size ? next - at : filled
}

/** The datum as far as properties follow each other; `undefined` for types that have none, and where none follows. */
function filledSize(w: Walk, at: number, type: number): number | undefined {
  const fixed = PROPERTIES_AFTER.get(type)
  const below = BELOW.get(w.level)
  if (fixed === undefined || !below) return undefined
  const first = at + DatumHeader.size + fixed
  let end = first
  while (isLandmark({ ...w, start: end }, below)) {
    const { role, size } = DatumHeader.parse(w.source, end)
    // A stretch or use key holds one box, or two with roles of their own; the box after them is its neighbour.
    if (w.level !== TOP && end > first && role === DatumRole.property) break
    end += size
  }
  return end > first ? end - at : undefined
}

function isWhole({ source, level }: Walk, at: number, { type, size }: DatumHeader): boolean {
  const sizes = SIZES.get(type)
  if (sizes) return sizes.includes(size)
  const fixed = PROPERTIES_AFTER.get(type)
  const below = BELOW.get(level)
  if (fixed === undefined || !below || size <= DatumHeader.size + fixed) return false
  const found = tiles({ source, start: at + DatumHeader.size + fixed, end: at + size }, below)
  return found !== undefined && found.every((datum) => isNamed(datum, below))
}

/** Whether from here datum follows upon datum until padding, the end, or one that is beyond doubt. */
function leadsOn(w: Walk, start: number): boolean {
  let at = start
  for (let hops = 0; hops < MOST_HOPS && at < w.end; hops++) {
    if (isAllZero(w.source.subarray(at, Math.min(at + DatumHeader.size, w.end)))) return true
    const landmark = landmarkFrom(w, at)
    if (landmark === at) return true
    if (at + DatumHeader.size > w.end) return false
    const { size } = DatumHeader.parse(w.source, at)
    if (size < DatumHeader.size || at + size > landmark) return false
    at += size
  }
  return at === w.end
}

/** The first landmark from there on, or the end. */
function landmarkFrom({ landmarks, end }: Walk, position: number): number {
  let low = 0
  let high = landmarks.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (landmarks[middle]! < position) low = middle + 1
    else high = middle
  }
  return landmarks[low] ?? end
}

/** Datums without a header of their own, from the end of one datum to the next. */
function headlessDatums(w: Walk, start: number): Datum[] {
  const end = landmarkFrom(w, start + 1)
  const { wrappedRole, depth } = w.level
  const protectors = depth === 0 ? headlessProtectors(w, start, end) : []
  if (protectors.length > 0) return protectors
  const wrapped = WRAPPED_KEY_SIZES.find(
    (size) =>
      start + size <= end && leadsOn(w, start + size) && !hasHole(w.source.subarray(start, start + size)),
  )
  if (wrapped !== undefined) {
    return [readDatum(w, start, wrapped, { role: wrappedRole, type: DatumType.aesCcm, flags: 1 })]
  }
  if (depth === 0 || end - start !== STRETCH_KEY_SIZE) return []
  const { keyType } = KeyBody.parse(w.source, start + DatumHeader.size)
  if (keyType !== KeyType.recoveryPassword && keyType !== KeyType.password) return []
  const header = { role: DatumRole.property, type: DatumType.stretchKey, flags: 1 }
  return [readDatum(w, start, STRETCH_KEY_SIZE, header)]
}

/** Zeros where a wrapped key has random bytes. */
function hasHole(bytes: Uint8Array): boolean {
  for (let at = DatumHeader.size; at + HOLE <= bytes.length; at += HOLE) {
    if (isAllZero(bytes.subarray(at, at + HOLE))) return true
  }
  return false
}
const HOLE = 8

function headlessProtectors(w: Walk, start: number, end: number): Datum[] {
  const fixed = DatumHeader.size + VmkInfoBody.size
  const starts: number[] = []
  for (let at = start; at + fixed + DatumHeader.size <= end; at++) {
    if (!isLandmark({ source: w.source, start: at + fixed, end }, NESTED)) continue
    if (at === start || isVmkInfoBody(w.source, at + DatumHeader.size)) starts.push(at)
  }
  const header = { role: DatumRole.keyProtector, type: DatumType.vmkInfo, flags: 1 }
  return starts.map((at, i) => readDatum(w, at, (starts[i + 1] ?? end) - at, header))
}
