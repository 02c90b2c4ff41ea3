/**
 * Text as it was meant: without what mails, word processors, print-outs and code pages leave in it. Line ends stay where they
 * are, so that a line keeps its number.
 */
import { decoderNameOf } from "../bytes/decode-text.ts"
import { withAsciiDigits } from "../credential/index.ts"

/** Marks of no width: soft hyphens, joiners, directions, byte order marks; and zeros, where UTF-16 was added to other text. */
const INVISIBLE = /[\0\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff]/g
const DASH = /\p{Pd}|\u2212/gu
/** ASCII without zeros, which is plain already. */
const NOT_PLAIN = /[\0\u0080-\uffff]/

/** More than any language needs (Unicode's UAX #15 has 30 at most). Putting them in order takes the square of their number. */
const TOO_MANY_MARKS = /(?<=\p{M}{30})\p{M}/gu

/** Wide letters become narrow, dashes hyphens, and the digits of every script those of ASCII. */
export function plainText(text: string): string {
  if (!NOT_PLAIN.test(text)) return text
  return withAsciiDigits(text.replace(INVISIBLE, "").replace(TOO_MANY_MARKS, "").normalize("NFKC")).replace(
    DASH,
    "-",
  )
}

/** Of a text that was written for people or programs: a stray control character is debris, many are another kind of file. */
const MOST_CONTROLS = 1 / 100

export function isText(head: Uint8Array): boolean {
  const text = new TextDecoder(decoderNameOf(head)).decode(head, { stream: true }).replaceAll("\0", "")
  const controls = text.match(/(?!\s)\p{Cc}/gu)?.length ?? 0
  return controls <= MOST_CONTROLS * text.length
}
