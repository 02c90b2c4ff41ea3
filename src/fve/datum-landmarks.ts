/**
 * What a datum is known by when nothing in front of it leads there: the level it stands on, its role and type, and a size or a
 * body that fits them. Random bytes are hardly ever taken for one.
 */
import { DatumHeader, DatumRole, DatumType, ExternalInfoBody, VmkInfoBody } from "./datum-layout.ts"
import { isProtection } from "./key-protector.ts"

/** A part of some bytes: positions are those of the bytes. */
export interface Room {
  readonly source: Uint8Array
  readonly start: number
  readonly end: number
}

export interface Level {
  readonly depth: number
  /** Roles that stand on this level and on no other. */
  readonly roles: ReadonlySet<number>
  /** The role of a wrapped key on this level. */
  readonly wrappedRole: number
}

/** Roles are those of `DatumRole` and a few that need no name here, such as update and error log. */
export const TOP: Level = {
  depth: 0,
  roles: new Set([2, 3, 4, 5, 6, 7, 8, 9, 0xa, 0xb, 0xe, 0xf, 0x11]),
  wrappedRole: DatumRole.fvek,
}
export const NESTED: Level = {
  depth: 1,
  roles: new Set([0, 0xc, 0xd, 0x12, 0x13, 0x14, 0x15, 0x19]),
  wrappedRole: DatumRole.property,
}
const INNERMOST: Level = { ...NESTED, depth: 2 }
export const BELOW: ReadonlyMap<Level, Level> = new Map([
  [TOP, NESTED],
  [NESTED, INNERMOST],
])

/** Wrapped keys of 16, 32 and 64 bytes. */
export const WRAPPED_KEY_SIZES: readonly number[] = [64, 80, 112]
/** Of the types that have few. */
export const SIZES: ReadonlyMap<number, readonly number[]> = new Map([
  [DatumType.key, [28, 44, 76]],
  [DatumType.aesCcm, WRAPPED_KEY_SIZES],
  [DatumType.virtualizationInfo, [24, 100]],
  [DatumType.backupInfo, [28]],
  [DatumType.guid, [24]],
])
const HIGHEST_TYPE = 0x20
/** All datums but one are smaller: the list of what a computer starts with. */
export const LARGEST = 0x1000
/** Where a datum of the level certainly begins. */
export function findLandmarks({ source, start, end }: Room, level: Level): number[] {
  const found: number[] = []
  for (let at = start; at + DatumHeader.size <= end; at++) {
    if (isLandmark({ source, start: at, end }, level)) found.push(at)
  }
  return found
}

const ROLE_AT = DatumHeader.offsetOf("role")
const FLAGS_AT = DatumHeader.offsetOf("flags")

/** Whether the bytes at the start are a datum beyond doubt, wherever they lie. */
export function isLandmark({ source, start, end }: Room, level: Level): boolean {
  if (start + DatumHeader.size > end) return false
  // Nearly every byte of a disk ends here.
  if (source[start + ROLE_AT + 1] !== 0 || (source[start + FLAGS_AT]! & 1) === 0) return false
  const header = DatumHeader.parse(source, start)
  if (!isNamed(header, level)) return false
  const { type, size } = header
  // A key protector shows itself even where its size is broken.
  if (type === DatumType.vmkInfo && level === TOP) return isVmkInfo({ source, start, end })
  if (size <= DatumHeader.size || start + size > end) return false
  if (type === DatumType.validationInfo) return true
  if (type === DatumType.unicode) return size % 2 === 0 && size <= LARGEST / 4
  if (type === DatumType.externalInfo) {
    const inner = start + DatumHeader.size + ExternalInfoBody.size
    return isLandmark({ source, start: inner, end: Math.min(end, start + size) }, NESTED)
  }
  return SIZES.get(type)?.includes(size) ?? size <= LARGEST
}

/** Whether a header has a role of its level and a type that is known. */
export function isNamed(
  { role, type, flags }: Pick<DatumHeader, "role" | "type" | "flags">,
  level: Level,
): boolean {
  return level.roles.has(role) && type !== DatumType.erased && type <= HIGHEST_TYPE && (flags & 1) === 1
}

function isVmkInfo({ source, start, end }: Room): boolean {
  const body = start + DatumHeader.size
  if (body + VmkInfoBody.size > end) return false
  return isVmkInfoBody(source, body) || isLandmark({ source, start: body + VmkInfoBody.size, end }, NESTED)
}

export function isVmkInfoBody(source: Uint8Array, at: number): boolean {
  const { protection, reserved24 } = VmkInfoBody.parse(source, at)
  return reserved24 === 0 && isProtection(protection)
}
