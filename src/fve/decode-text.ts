/**
 * Text out of the files of Windows: UTF-16 with or without a byte order mark, UTF-8, or an 8-bit code page.
 *
 * It also goes the other way: bytes that were written through a *text* stream, as Microsoft's own sample scripts write key
 * packages, arrive as the characters of a code page. For Windows-1252 that can be undone; the multi-byte code pages of East
 * Asia lose bytes for good.
 */

export interface DecodedText {
  readonly encoding: "utf-16" | "utf-8" | "8-bit"
  readonly text: string
}

/** Never fails: what is nothing else is taken as 8-bit, where ASCII at least is right. */
export function decodeText(source: Uint8Array): DecodedText {
  const utf16 = utf16Label(source)
  if (utf16) return { encoding: "utf-16", text: new TextDecoder(utf16).decode(source) }
  const text = new TextDecoder("utf-8").decode(source)
  if (!text.includes(REPLACEMENT)) return { encoding: "utf-8", text }
  return { encoding: "8-bit", text: new TextDecoder("latin1").decode(source) }
}

/** What decoders put in place of bytes that are no character. */
const REPLACEMENT = "\ufffd"

/** Enough to see the zero bytes between letters. */
const SAMPLE_LENGTH = 4096

function utf16Label(source: Uint8Array): "utf-16le" | "utf-16be" | undefined {
  const [first, second] = source
  if (first === 0xff && second === 0xfe) return "utf-16le"
  if (first === 0xfe && second === 0xff) return "utf-16be"
  const units = Math.min(source.length, SAMPLE_LENGTH) >> 1
  const zeros = [0, 0]
  for (let i = 0; i < 2 * units; i++) if (source[i] === 0) zeros[i & 1]!++
  if (2 * zeros[1]! > units) return "utf-16le"
  return 2 * zeros[0]! > units ? "utf-16be" : undefined
}

/** No control character but white space: what is written for people, and not bytes in disguise. */
export function isPlainText(text: string): boolean {
  return !/(?!\s)\p{Cc}/u.test(text)
}

/** Windows-1252 from 0x80 to 0x9F; Windows reads its five unused bytes as control characters. */
const SPECIALS = "€\u0081‚ƒ„…†‡ˆ‰Š‹Œ\u008dŽ\u008f\u0090‘’“”•–—˜™š›œ\u009džŸ"
const SPECIALS_START = 0x80
const SPECIAL_BYTES: ReadonlyMap<string, number> = new Map(
  Array.from(SPECIALS, (character, i) => [character, SPECIALS_START + i]),
)
/** What Windows writes for a character that the code page lacks. */
const QUESTION_MARK = 0x3f

/** The bytes that Windows-1252 reads as this text. A character it lacks is a lost byte. */
export function ansiBytes(text: string): Uint8Array {
  const out = new Uint8Array(text.length)
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    out[i] = code < 0x100 ? code : (SPECIAL_BYTES.get(text[i]!) ?? QUESTION_MARK)
  }
  return out
}

/** Lines without their ends, one at a time: a text may have millions. */
export function* linesOf(text: string): Generator<string> {
  let start = 0
  while (start < text.length) {
    const newline = text.indexOf("\n", start)
    const end = newline < 0 ? text.length : newline
    yield text.slice(start, text[end - 1] === "\r" ? end - 1 : end)
    start = end + 1
  }
}
