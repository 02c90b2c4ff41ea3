/** Comparing and finding bytes. */

export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false
  return true
}

export function isAllZero(source: Uint8Array): boolean {
  for (let i = 0; i < source.length; i++) if (source[i] !== 0) return false
  return true
}

/** Whether `pattern` (ISO 8859-1) stands at `at`. */
export function startsWithLatin1(source: Uint8Array, pattern: string, at = 0): boolean {
  if (at < 0 || at + pattern.length > source.length) return false
  for (let i = 0; i < pattern.length; i++) if (source[at + i] !== pattern.charCodeAt(i)) return false
  return true
}

/** Position of the first occurrence of `needle`, -1 when there is none. */
export function indexOfBytes(source: Uint8Array, needle: Uint8Array, from = 0): number {
  for (let at = from; at + needle.length <= source.length; at++) {
    let same = 0
    while (same < needle.length && source[at + same] === needle[same]) same++
    if (same === needle.length) return at
  }
  return -1
}
