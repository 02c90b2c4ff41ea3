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

/** The likeliest decoding. Never fails: what is nothing else is taken as 8-bit, where ASCII at least is right. */
export function decodeText(source: Uint8Array): DecodedText {
  return decodingsOf(source).next().value!
}

/**
 * The name by which `TextDecoder` knows the likeliest decoding.
 * @param head the first bytes of a text: it may end inside a character
 */
export function decoderNameOf(head: Uint8Array): "utf-16le" | "utf-16be" | "utf-8" | "latin1" {
  const label = markOf(head) ?? utf16Labels(head)[0]
  if (label) return label
  return new TextDecoder("utf-8").decode(head, { stream: true }).includes(REPLACEMENT) ? "latin1" : "utf-8"
}

/** Every decoding worth a try, the likeliest first; never none. Bytes with many zeros may be any of them. */
export function* decodingsOf(source: Uint8Array): Generator<DecodedText> {
  const mark = markOf(source)
  for (const label of mark ? [mark] : utf16Labels(source)) {
    yield { encoding: "utf-16", text: new TextDecoder(label).decode(source) }
  }
  if (mark) return
  const text = new TextDecoder("utf-8").decode(source)
  if (!text.includes(REPLACEMENT)) yield { encoding: "utf-8", text }
  else yield { encoding: "8-bit", text: new TextDecoder("latin1").decode(source) }
}

const LITTLE = "utf-16le"
const BIG = "utf-16be"

function markOf([first, second]: Uint8Array): typeof LITTLE | typeof BIG | undefined {
  if (first === 0xff && second === 0xfe) return LITTLE
  return first === 0xfe && second === 0xff ? BIG : undefined
}

/** What decoders put in place of bytes that are no character. */
const REPLACEMENT = "\ufffd"
/** Enough to see the zero bytes between letters. */
const SAMPLE_LENGTH = 4096

function utf16Labels(source: Uint8Array): (typeof LITTLE | typeof BIG)[] {
  const units = Math.min(source.length, SAMPLE_LENGTH) >> 1
  let low = 0
  let high = 0
  for (let i = 0; i < 2 * units; i += 2) {
    if (source[i] === 0) low++
    if (source[i + 1] === 0) high++
  }
  const labels = high >= low ? ([LITTLE, BIG] as const) : ([BIG, LITTLE] as const)
  return labels.filter((label) => 2 * (label === LITTLE ? high : low) > units)
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
