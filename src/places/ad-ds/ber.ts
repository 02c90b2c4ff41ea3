/**
 * The basic encoding rules, as far as LDAP allows them (RFC 4511 section 5.1, X.690): tags of one byte, and lengths that are
 * told before what they measure.
 *
 * Answers come from whoever is at the other end. An element lies wholly inside the one that holds it, children tile their
 * parent exactly, and whatever does neither is refused: nothing is skipped, and each step goes forward.
 */
import { concatBytes } from "../../bytes/concat.ts"

export interface Element {
  readonly tag: number
  readonly content: Uint8Array
}

/** Universal tags (X.690 section 8). */
export const Tag = {
  boolean: 0x01,
  integer: 0x02,
  octetString: 0x04,
  enumerated: 0x0a,
  sequence: 0x30,
  set: 0x31,
} as const

/** What was received is no LDAP; the message says what is wrong with it and repeats none of it. */
export class MalformedAnswer extends Error {}

/** The low five bits all set: a tag of several bytes, of which LDAP has none. */
const LONG_TAG = 0x1f
/** Set in the first byte of a length: the other bits count the bytes that follow. */
const LONG_LENGTH = 0x80
const MOST_LENGTH_BYTES = 4

interface Header {
  readonly tag: number
  readonly start: number
  readonly length: number
}

/** `undefined` when the bytes end inside of it. @throws MalformedAnswer */
function readHeader(bytes: Uint8Array, at: number): Header | undefined {
  const tag = bytes[at]
  const first = bytes[at + 1]
  if (tag === undefined || first === undefined) return undefined
  if ((tag & LONG_TAG) === LONG_TAG) throw new MalformedAnswer("an element has a tag of several bytes")
  if (first < LONG_LENGTH) return { tag, start: at + 2, length: first }
  const count = first & ~LONG_LENGTH
  if (count === 0 || count > MOST_LENGTH_BYTES) {
    throw new MalformedAnswer(`an element has a length of ${count} bytes`)
  }
  if (at + 2 + count > bytes.length) return undefined
  let length = 0
  for (let i = 0; i < count; i++) length = length * 0x100 + bytes[at + 2 + i]!
  return { tag, start: at + 2 + count, length }
}

/**
 * How many bytes the message at the start has, its header included; `undefined` while too few of them are there to tell.
 * @throws MalformedAnswer when it is none, or has more than `limit`
 */
export function messageLength(bytes: Uint8Array, limit: number): number | undefined {
  if (bytes.length > 0 && bytes[0] !== Tag.sequence) {
    throw new MalformedAnswer("a message begins with something else than a sequence")
  }
  const header = readHeader(bytes, 0)
  if (!header) return undefined
  const length = header.start + header.length
  if (length > limit) throw new MalformedAnswer(`a message has ${length} bytes, more than ${limit}`)
  return length
}

/** The elements that the bytes consist of, without a gap and without a rest. @throws MalformedAnswer */
export function readElements(bytes: Uint8Array): Element[] {
  const elements: Element[] = []
  for (let at = 0; at < bytes.length;) {
    const header = readHeader(bytes, at)
    const end = header && header.start + header.length
    if (end === undefined || end > bytes.length) throw new MalformedAnswer("an element ends past its parent")
    elements.push({ tag: header!.tag, content: bytes.subarray(header!.start, end) })
    at = end
  }
  return elements
}

/** @throws MalformedAnswer unless there is such an element with this tag */
export function expectElement(element: Element | undefined, tag: number, what: string): Uint8Array {
  if (element?.tag !== tag) throw new MalformedAnswer(`${what} is missing or of another kind`)
  return element.content
}

/** @throws MalformedAnswer unless it has one to four bytes */
export function readInteger(content: Uint8Array): number {
  if (content.length === 0 || content.length > 4) {
    throw new MalformedAnswer(`an integer has ${content.length} bytes`)
  }
  const negative = content[0]! >= 0x80
  return content.reduce((value, byte) => value * 0x100 + byte, negative ? -1 : 0)
}

export function element(tag: number, ...parts: readonly Uint8Array[]): Uint8Array {
  const content = concatBytes(parts)
  return concatBytes([Uint8Array.of(tag), serializeLength(content.length), content])
}

function serializeLength(length: number): Uint8Array {
  if (length < LONG_LENGTH) return Uint8Array.of(length)
  const bytes: number[] = []
  for (let rest = length; rest > 0; rest = Math.floor(rest / 0x100)) bytes.unshift(rest % 0x100)
  return Uint8Array.of(LONG_LENGTH | bytes.length, ...bytes)
}

/** @param value not negative: no request holds another */
export function integer(value: number, tag: number = Tag.integer): Uint8Array {
  const bytes: number[] = []
  let rest = value
  do {
    bytes.unshift(rest % 0x100)
    rest = Math.floor(rest / 0x100)
  } while (rest > 0)
  // A set top bit would make it negative.
  if (bytes[0]! >= 0x80) bytes.unshift(0)
  return element(tag, Uint8Array.from(bytes))
}

export function boolean(value: boolean): Uint8Array {
  return element(Tag.boolean, Uint8Array.of(value ? 0xff : 0))
}

export function octets(value: string | Uint8Array, tag: number = Tag.octetString): Uint8Array {
  return element(tag, typeof value === "string" ? new TextEncoder().encode(value) : value)
}

export function sequence(...parts: readonly Uint8Array[]): Uint8Array {
  return element(Tag.sequence, ...parts)
}
