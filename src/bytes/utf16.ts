/** UTF-16LE, the text of the whole format: with or without a terminating NUL, unpaired surrogates kept as they are. */

/** The text up to the first NUL, or all of it. An odd last byte is not a character. */
export function parseUtf16(source: Uint8Array): string {
  let text = ""
  for (let i = 0; i + 1 < source.length; i += 2) {
    const unit = source[i]! | (source[i + 1]! << 8)
    if (unit === 0) break
    text += String.fromCharCode(unit)
  }
  return text
}

/** No byte order mark and no terminator. */
export function serializeUtf16(text: string): Uint8Array {
  const out = new Uint8Array(text.length * 2)
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i)
    out[2 * i] = unit & 0xff
    out[2 * i + 1] = unit >> 8
  }
  return out
}
