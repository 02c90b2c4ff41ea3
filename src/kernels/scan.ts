/**
 * The scan: where in a buffer something of BitLocker may start. It is a filter and nothing more; what it finds is parsed and
 * judged elsewhere, and on other data it finds next to nothing. Its readable twin is `fve/trace-candidates.ts`.
 *
 * Memory, all by the caller:
 *
 *   at … end      the bytes in which candidates may start; 0 is on a sector of the source
 *   … end + 1024  are looked at too: what follows in the source, or zeros behind its end
 *   found         room · 4 bytes: the addresses of the candidates, ascending
 *
 * Each search returns how many it wrote. When they fill the room, the caller goes on from the address after the last one.
 */

/** `-FVE-FS-`: a metadata block, or with a jump of three bytes before it a boot sector. */
const FVE_FS: u64 = 0x2d53462d4556462d
/** `FVE-EOW\0`, and `FVE-EOWB` of both kinds of bitmap structures. */
const EOW_INFO: u64 = 0x00574f452d455646
const EOW_BITMAP: u64 = 0x42574f452d455646
/** `OLRDHEVF` */
const CONVERSION_LOG: u64 = 0x4656454844524c4f
/** First halves of the GUIDs that Windows looks for in a boot sector. */
const INFORMATION: u64 = 0x4ad82e294967d63b
const EOW_INFORMATION: u64 = 0x4d0edd8092a84d3b
const TO_GO: u64 = 0x4057778ab580060e
/** Where they stand: in sectors of Windows 7 and later, and of To Go volumes. */
const RECOGNITION = 0xa0
const TO_GO_RECOGNITION = 0x1a8
const TO_GO_MARK = 0x198

const SECTOR: usize = 512

/** Structures that fill sectors: at every multiple of their size from `at` on. */
export function findInSectors(at: usize, end: usize, found: usize, room: i32): i32 {
  let count = 0
  for (at = (at + SECTOR - 1) & ~(SECTOR - 1); at < end && count < room; at += SECTOR) {
    if (!startsStructure(at)) continue
    store<u32>(found + 4 * count, at)
    count++
  }
  return count
}

/** The same structures at every byte. Two bytes of each signature are compared first, sixteen starts at a time. */
export function findAnywhere(at: usize, end: usize, found: usize, room: i32): i32 {
  let count = 0
  for (; at < end; at += 16) {
    const first = v128.load(at)
    const second = v128.load(at, 1)
    const fve = pairs(first, second, 0x2d, 0x46)
    const eow = pairs(first, second, 0x46, 0x56)
    const log = pairs(first, second, 0x4f, 0x4c)
    const boot = pairs(v128.load(at, 3), v128.load(at, 4), 0x2d, 0x46)
    const guids = v128.or(
      guidAt(v128.load(at, RECOGNITION), v128.load(at, RECOGNITION + 1)),
      guidAt(v128.load(at, TO_GO_RECOGNITION), v128.load(at, TO_GO_RECOGNITION + 1)),
    )
    const mark = pairs(v128.load(at, TO_GO_MARK), v128.load(at, TO_GO_MARK + 1), 0x0e, 0x06)
    const any = v128.or(v128.or(v128.or(fve, eow), v128.or(log, boot)), v128.or(guids, mark))
    for (let starts = i8x16.bitmask(any); starts != 0; starts &= starts - 1) {
      const start = at + ctz(starts)
      if (start >= end || !startsStructure(start)) continue
      store<u32>(found + 4 * count, start)
      count++
      if (count == room) return count
    }
  }
  return count
}

function startsStructure(at: usize): bool {
  const head = load<u64>(at)
  if (head == FVE_FS || head == EOW_INFO || head == EOW_BITMAP || head == CONVERSION_LOG) return true
  if (load<u64>(at, 3) == FVE_FS) return true
  if (isRecognition(load<u64>(at, RECOGNITION)) || isRecognition(load<u64>(at, TO_GO_RECOGNITION))) return true
  return load<u64>(at, TO_GO_MARK) == TO_GO
}

// @ts-ignore: decorator
@inline
function isRecognition(half: u64): bool {
  return half == INFORMATION || half == EOW_INFORMATION
}

// @ts-ignore: decorator
@inline
function pairs(first: v128, second: v128, a: i8, b: i8): v128 {
  return v128.and(i8x16.eq(first, i8x16.splat(a)), i8x16.eq(second, i8x16.splat(b)))
}

// @ts-ignore: decorator
@inline
function guidAt(first: v128, second: v128): v128 {
  return v128.or(pairs(first, second, 0x3b, 0xd6 as i8), pairs(first, second, 0x3b, 0x4d))
}

/**
 * Datums with key protectors, FVEKs and virtualization infos, at every byte. From +3 on each has the bytes 0, type, 0, and a
 * type is below 16: one aligned 16-bit lane of them is either `type 0` or `0 type`, so with other bits than those four it is
 * neither. The least of several lanes has none but those only if one of them has; so a few operations rule out 128 starts.
 */
export function findDatums(at: usize, end: usize, found: usize, room: i32): i32 {
  let count = 0
  for (; at < end; at += 128) {
    // Zeros pass the first test and hold nothing, and disks are full of them.
    if (!mayHoldDatum(at) || isZero(at, at + 144)) continue
    for (let part = at; part < at + 128; part += 16) {
      for (let starts = datumStarts(part); starts != 0; starts &= starts - 1) {
        const start = part + ctz(starts)
        if (start >= end || !startsDatum(start)) continue
        store<u32>(found + 4 * count, start)
        count++
        if (count == room) return count
      }
    }
  }
  return count
}

// @ts-ignore: decorator
@inline
function mayHoldDatum(at: usize): bool {
  const a = v128.load(at, 4)
  const b = v128.load(at, 20)
  const c = v128.load(at, 36)
  const d = v128.load(at, 52)
  const e = v128.load(at, 68)
  const f = v128.load(at, 84)
  const g = v128.load(at, 100)
  const h = v128.load(at, 116)
  const even = least(least(least(a, b), least(c, d)), least(least(e, f), least(g, h)))
  const odd = least(
    least(least(behindZero(a), behindZero(b)), least(behindZero(c), behindZero(d))),
    least(least(behindZero(e), behindZero(f)), least(behindZero(g), behindZero(h))),
  )
  const none = i16x8.splat(0)
  const lanes = v128.or(i16x8.eq(v128.and(even, i16x8.splat(0xfff0 as i16)), none), i16x8.eq(odd, none))
  return v128.any_true(lanes)
}

function isZero(at: usize, end: usize): bool {
  for (; at < end; at += 16) if (v128.any_true(v128.load(at))) return false
  return true
}

// @ts-ignore: decorator
@inline
function least(a: v128, b: v128): v128 {
  return i16x8.min_u(a, b)
}

/** Zero for a lane of `0 type`. */
// @ts-ignore: decorator
@inline
function behindZero(lanes: v128): v128 {
  return v128.and(lanes, i16x8.splat(0xf0ff as i16))
}

/** One bit for each of sixteen starts: role and type are one of the three pairs. */
function datumStarts(at: usize): i32 {
  const role = v128.load(at, 2)
  const type = v128.load(at, 4)
  const highs = v128.or(v128.load(at, 3), v128.load(at, 5))
  const known = v128.or(
    v128.or(pairs(role, type, 2, 8), pairs(role, type, 3, 5)),
    pairs(role, type, 15, 15),
  )
  return i8x16.bitmask(v128.andnot(known, i8x16.ne(highs, i8x16.splat(0))))
}

/** The size fits the role, and bit 0 of the flags is set, as in every datum on a disk. */
function startsDatum(at: usize): bool {
  if ((load<u8>(at, 6) & 1) == 0) return false
  const size = load<u16>(at)
  const role = load<u8>(at, 2)
  if (role == 2) return size >= 44 && size <= 4096
  if (role == 3) return size == 64 || size == 80 || size == 112
  return size == 24 || size == 100
}
