/**
 * The messages of LDAP that a search needs (RFC 4511 section 4), and its pages (RFC 2696). Requests are written, answers are
 * read; an answer of another shape than the standard's is refused as a whole.
 *
 * Why not by a library: of those at hand the maintained one never ends on an answer whose last value is shorter than its
 * length says (ldapts 8.2.0, twenty-six bytes are enough), and a directory is asked where something has gone wrong already.
 */
import {
  type Element,
  MalformedAnswer,
  Tag,
  boolean,
  element,
  expectElement,
  integer,
  octets,
  readElements,
  readInteger,
  sequence,
} from "./ber.ts"
import { type Filter, serializeFilter } from "./filter.ts"

/** Tags of the protocol (RFC 4511 appendix B). */
const Operation = {
  bindRequest: 0x60,
  bindResponse: 0x61,
  unbindRequest: 0x42,
  searchRequest: 0x63,
  searchEntry: 0x64,
  searchDone: 0x65,
  searchReference: 0x73,
  extendedRequest: 0x77,
  extendedResponse: 0x78,
} as const

const LDAP_VERSION = 3
const SIMPLE_PASSWORD = 0x80
const EXTENDED_NAME = 0x80
const CONTROLS = 0xa0

/** RFC 4511 section 4.14. */
const START_TLS = "1.3.6.1.4.1.1466.20037"
/** RFC 2696. */
const PAGED_RESULTS = "1.2.840.113556.1.4.319"

export const Scope = { base: 0, oneLevel: 1, subtree: 2 } as const
export type Scope = (typeof Scope)[keyof typeof Scope]

export interface Search {
  /** The distinguished name below which is searched; empty for what the server says of itself. */
  readonly base: string
  readonly scope: Scope
  readonly filter: Filter
  readonly attributes: readonly string[]
  /** How many entries are wanted at most; all when absent. */
  readonly sizeLimit?: number
}

/** By lower-case name, since servers may answer in any case. */
export type Attributes = ReadonlyMap<string, readonly Uint8Array[]>

export interface Entry {
  /** The distinguished name. */
  readonly dn: string
  readonly attributes: Attributes
}

export interface Result {
  /** 0 for success; RFC 4511 appendix A names the others. */
  readonly code: number
  /** What the server says of it, in printable characters and not too many of them. */
  readonly diagnostic: string
}

export type Answer =
  | ({ readonly kind: "bind" | "extended" } & Result)
  /** `cookie`: there are more pages. */
  | ({ readonly kind: "done"; readonly cookie?: Uint8Array } & Result)
  | { readonly kind: "entry"; readonly entry: Entry }
  /** Other servers know more: their addresses. */
  | { readonly kind: "reference"; readonly urls: readonly string[] }

export interface Message {
  /** 0 for what the server says unasked. */
  readonly id: number
  readonly answer: Answer
}

export function bindRequest(id: number, user: string, password: Uint8Array): Uint8Array {
  const content = [integer(LDAP_VERSION), octets(user), octets(password, SIMPLE_PASSWORD)]
  return sequence(integer(id), element(Operation.bindRequest, ...content))
}

export function startTlsRequest(id: number): Uint8Array {
  return sequence(integer(id), element(Operation.extendedRequest, octets(START_TLS, EXTENDED_NAME)))
}

export function unbindRequest(id: number): Uint8Array {
  return sequence(integer(id), element(Operation.unbindRequest))
}

/** One page: the first one, or the one that `cookie` stands for. */
export function searchRequest(id: number, search: Search, page: Page): Uint8Array {
  const request = element(
    Operation.searchRequest,
    octets(search.base),
    integer(search.scope, Tag.enumerated),
    // Aliases are not followed.
    integer(0, Tag.enumerated),
    integer(page.sizeLimit),
    integer(page.timeLimitSeconds),
    boolean(false),
    serializeFilter(search.filter),
    sequence(...search.attributes.map((name) => octets(name))),
  )
  const pages = sequence(integer(page.size), octets(page.cookie))
  const control = sequence(octets(PAGED_RESULTS), octets(pages))
  return sequence(integer(id), request, element(CONTROLS, control))
}

export interface Page {
  readonly size: number
  /** Of the answer to the page before; empty for the first one. */
  readonly cookie: Uint8Array
  /** Of all pages; 0 for none. */
  readonly sizeLimit: number
  readonly timeLimitSeconds: number
}

/** @param bytes one whole message @throws MalformedAnswer */
export function parseMessage(bytes: Uint8Array): Message {
  const [message, ...rest] = readElements(bytes)
  if (rest.length > 0) throw new MalformedAnswer("something follows a message")
  const [id, operation, controls] = readElements(expectElement(message, Tag.sequence, "a message"))
  return {
    id: readInteger(expectElement(id, Tag.integer, "the number of a message")),
    answer: parseAnswer(operation, controls),
  }
}

function parseAnswer(operation: Element | undefined, controls: Element | undefined): Answer {
  switch (operation?.tag) {
    case Operation.bindResponse:
      return { kind: "bind", ...parseResult(operation.content) }
    case Operation.extendedResponse:
      return { kind: "extended", ...parseResult(operation.content) }
    case Operation.searchDone:
      return { kind: "done", ...parseResult(operation.content), ...parseCookie(controls) }
    case Operation.searchEntry:
      return { kind: "entry", entry: parseEntry(operation.content) }
    case Operation.searchReference:
      return {
        kind: "reference",
        urls: readElements(operation.content).map((url) =>
          text(expectElement(url, Tag.octetString, "an address")),
        ),
      }
    default:
      throw new MalformedAnswer(
        operation ? `0x${operation.tag.toString(16)} is no answer to a search` : "a message is empty",
      )
  }
}

function parseResult(content: Uint8Array): Result {
  const [code, matched, diagnostic] = readElements(content)
  expectElement(matched, Tag.octetString, "the name in a result")
  return {
    code: readInteger(expectElement(code, Tag.enumerated, "the code of a result")),
    diagnostic: printable(expectElement(diagnostic, Tag.octetString, "the text of a result")),
  }
}

function parseEntry(content: Uint8Array): Entry {
  const [name, list] = readElements(content)
  const attributes = new Map<string, Uint8Array[]>()
  for (const attribute of readElements(expectElement(list, Tag.sequence, "the attributes of an entry"))) {
    const [type, values] = readElements(expectElement(attribute, Tag.sequence, "an attribute"))
    attributes.set(
      text(expectElement(type, Tag.octetString, "the name of an attribute")).toLowerCase(),
      readElements(expectElement(values, Tag.set, "the values of an attribute")).map((value) =>
        expectElement(value, Tag.octetString, "a value"),
      ),
    )
  }
  return { dn: text(expectElement(name, Tag.octetString, "the name of an entry")), attributes }
}

/** Nothing when the server has no more pages, or knows none. */
function parseCookie(controls: Element | undefined): { cookie?: Uint8Array } {
  if (controls === undefined) return {}
  for (const control of readElements(expectElement(controls, CONTROLS, "the controls"))) {
    const [type, ...rest] = readElements(expectElement(control, Tag.sequence, "a control"))
    if (text(expectElement(type, Tag.octetString, "the name of a control")) !== PAGED_RESULTS) continue
    const value = expectElement(rest.at(-1), Tag.octetString, "the value of a control")
    const [pages] = readElements(value)
    const [, cookie] = readElements(expectElement(pages, Tag.sequence, "the pages"))
    const bytes = expectElement(cookie, Tag.octetString, "the mark of the next page")
    return bytes.length > 0 ? { cookie: bytes } : {}
  }
  return {}
}

const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes)

/** A terminal obeys what it is sent. */
const LONGEST_DIAGNOSTIC = 200

function printable(bytes: Uint8Array): string {
  return text(bytes.subarray(0, LONGEST_DIAGNOSTIC))
    .replace(/[^\x20-\x7e]+/g, " ")
    .trim()
}
