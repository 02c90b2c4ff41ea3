/**
 * LDIF (RFC 2849) as `ldifde` and `ldapsearch` write it: values folded into lines that begin with a blank, in base64 behind `::`.
 * Only what BitLocker keeps in a directory is read of it: an export may hold everything else about a company too.
 *
 * A line at a time, since the export of a large domain does not fit into memory.
 */
import { linesOf } from "../bytes/decode-text.ts"
import type { DirectoryEntry } from "./recovery-entry.ts"

export interface LdifEntry extends DirectoryEntry {
  /** Of its name in the file, from 1. */
  readonly line: number
  /** Attributes of which a value cannot be read, and why: "msFVE-KeyPackage is no base64". */
  readonly broken: readonly string[]
}

export interface LdifReader {
  /** @returns the entry that this line completed */
  push(line: string): LdifEntry | undefined
  end(): LdifEntry | undefined
}

export function isLdif(head: string): boolean {
  return /^(?:\ufeff?version: *\d|dn::? )/m.test(head)
}

export function* parseLdif(text: string): Generator<LdifEntry> {
  const reader = ldifReader()
  for (const line of linesOf(text)) {
    const entry = reader.push(line)
    if (entry) yield entry
  }
  const last = reader.end()
  if (last) yield last
}

/** A key package has some hundred bytes. */
const LONGEST_VALUE = 1 << 20
const MOST_VALUES = 64
const ATTRIBUTE = /^([a-z0-9.-]+)(?:;[^:]*)?:(.*)$/is
const OURS = /^(?:dn|msfve-[a-z]+)$/

export function ldifReader(): LdifReader {
  let lineNumber = 0
  let entry = emptyEntry()
  /** The attribute that may go on in the next line, in pieces. */
  let open:
    | { readonly name: string; readonly typedName: string; readonly pieces: string[]; length: number }
    | undefined

  const closeAttribute = (): void => {
    if (open) readValue(entry, open)
    open = undefined
  }
  const closeEntry = (): LdifEntry | undefined => {
    closeAttribute()
    const { dn, line, attributes, broken } = entry
    entry = emptyEntry()
    return attributes.size > 0 || broken.length > 0 ? { dn, line, attributes, broken } : undefined
  }
  return {
    push(line) {
      lineNumber++
      if (line === "") return closeEntry()
      if (line.startsWith(" ")) {
        if (open && (open.length += line.length) <= LONGEST_VALUE) open.pieces.push(line.slice(1))
        return undefined
      }
      closeAttribute()
      const [, typedName = "", value = ""] = ATTRIBUTE.exec(line) ?? []
      const name = typedName.toLowerCase()
      if (!OURS.test(name)) return undefined
      // Some programs leave out the empty line between entries.
      const finished = name === "dn" ? closeEntry() : undefined
      if (name === "dn") entry.line = lineNumber
      open = { name, typedName, pieces: [value], length: value.length }
      return finished
    },
    end: closeEntry,
  }
}

interface OpenEntry {
  dn: string
  line: number
  readonly attributes: Map<string, Uint8Array[]>
  readonly broken: string[]
}

function emptyEntry(): OpenEntry {
  return { dn: "", line: 0, attributes: new Map(), broken: [] }
}

interface OpenAttribute {
  readonly name: string
  readonly typedName: string
  readonly pieces: readonly string[]
  readonly length: number
}

function readValue(entry: OpenEntry, { name, typedName, pieces, length }: OpenAttribute): void {
  const value = length <= LONGEST_VALUE ? decodeValue(pieces.join("")) : "is too long"
  if (typeof value === "string") {
    entry.broken.push(`${typedName} ${value}`)
    return
  }
  if (name === "dn") {
    entry.dn = new TextDecoder().decode(value)
    return
  }
  const values = entry.attributes.get(name) ?? []
  if (values.length < MOST_VALUES) entry.attributes.set(name, [...values, value])
}

const BASE64 = /^[a-z0-9+/]*={0,2}$/i

/** @param rest what follows the first colon @returns what is wrong with it, when something is */
function decodeValue(rest: string): Uint8Array | "is no base64" | "stands in another file" {
  if (rest.startsWith("<")) return "stands in another file"
  if (!rest.startsWith(":")) return new TextEncoder().encode(rest.trim())
  const digits = rest.slice(1).trim()
  return digits.length % 4 === 0 && BASE64.test(digits) ? Buffer.from(digits, "base64") : "is no base64"
}
