/**
 * The encodings in which key packages travel: out of a directory as LDIF, out of PowerShell as a list of numbers, out of the
 * registry as hex, through mails as base64, or as text that was bytes once.
 *
 * None of them is recognised first and trusted then: each is a reading of the same file, and what is in it decides.
 */
import { ansiBytes, decodingsOf, isPlainText, linesOf } from "../bytes/decode-text.ts"
import { parseGuid } from "../bytes/guid.ts"
import { decimalRuns, hexRuns, parseHexDump } from "./key-package-digits.ts"

export type KeyPackageEncoding =
  | "binary"
  /** Bytes that were written as text of Windows-1252, and then as UTF-16 or UTF-8. */
  | "utf-16"
  | "utf-8"
  | "ldif"
  | "base64"
  | "hex"
  | "registry"
  | "decimal"

export interface Piece {
  readonly bytes: Uint8Array
  /** Of the directory entry that it came from. */
  readonly volumeId?: string
}

export interface Reading {
  readonly encoding: KeyPackageEncoding
  readonly pieces: Iterable<Piece>
}

/** Every way to read the file, the bytes as they are first. Lazy: a reading costs nothing until it is asked for. */
export function* readingsOf(source: Uint8Array): Generator<Reading> {
  yield { encoding: "binary", pieces: [{ bytes: source }] }
  for (const { encoding, text } of decodingsOf(source)) {
    if (isPlainText(text)) yield* notationsIn(text)
    if (encoding !== "8-bit") yield { encoding, pieces: [{ bytes: ansiBytes(text) }] }
  }
}

/** Digits take more characters than bytes and come from screens: an export of a directory is none. */
const LONGEST_DIGITS = 4 << 20

/** Dumps come before bare digits: those would take offsets and characters for bytes. */
function* notationsIn(text: string): Generator<Reading> {
  yield { encoding: "ldif", pieces: ldifPieces(text) }
  yield { encoding: "base64", pieces: base64Pieces(text) }
  if (text.length > LONGEST_DIGITS) return
  yield { encoding: "hex", pieces: [{ bytes: parseHexDump(text, { hasOffsets: true }) }] }
  yield { encoding: "hex", pieces: [{ bytes: parseHexDump(text, { hasOffsets: false }) }] }
  yield { encoding: REGISTRY_VALUE.test(text) ? "registry" : "hex", pieces: piecesOf(hexRuns(text)) }
  yield { encoding: "decimal", pieces: piecesOf(decimalRuns(text)) }
}

/** `"name"=hex:` and `hex(3):`, as regedit exports binary values. */
const REGISTRY_VALUE = /=hex(?:\([0-9a-f]+\))?:/i

function* piecesOf(runs: Iterable<Uint8Array>): Generator<Piece> {
  for (const bytes of runs) yield { bytes }
}

const LDIF_VALUE = /^msFVE-(KeyPackage|VolumeGuid)(?:;[^:]*)?::\s*([a-z0-9+/=]+)\s*$/i

/** Entries end with an empty line (RFC 2849). */
function* ldifPieces(text: string): Generator<Piece> {
  if (!/^msFVE-KeyPackage[;:]/im.test(text)) return
  let packages: Uint8Array[] = []
  let volumeId: string | undefined
  for (const line of unfoldedLines(text)) {
    const [, name, value] = LDIF_VALUE.exec(line) ?? []
    if (name?.toLowerCase() === "keypackage") packages.push(decodeBase64(value!))
    if (name?.toLowerCase() === "volumeguid") volumeId = guidOf(decodeBase64(value!))
    if (line !== "") continue
    for (const bytes of packages) yield { bytes, ...(volumeId && { volumeId }) }
    packages = []
    volumeId = undefined
  }
}

/** A value goes on in lines that begin with one space. An empty line comes last. */
function* unfoldedLines(text: string): Generator<string> {
  let parts: string[] = []
  for (const line of linesOf(`${text}\n\n`)) {
    if (line.startsWith(" ")) {
      parts.push(line.slice(1))
      continue
    }
    if (parts.length > 0) yield parts.join("")
    parts = [line]
  }
  yield ""
}

function guidOf(bytes: Uint8Array): string | undefined {
  return bytes.length === 16 ? parseGuid(bytes) : undefined
}

const BASE64_LINE = /^[a-z0-9+/]+={0,2}$/i
/** The first line of folded base64 is longer than any word. */
const SHORTEST_FIRST_LINE = 40
/** Base64 of the smallest thing of use, 64 bytes, among other things in its line. */
const BASE64_WORD = /[a-z0-9+/]{86,}={0,2}/gi
const SHORTEST_WORD = 86

/** Folded in lines of nothing else, or as one long word of a line, such as a value in JSON. */
function* base64Pieces(text: string): Generator<Piece> {
  let folded: string[] = []
  for (const line of linesOf(`${text}\n-`)) {
    const word = line.trim()
    if ((folded.length > 0 || word.length >= SHORTEST_FIRST_LINE) && BASE64_LINE.test(word)) {
      folded.push(word)
      continue
    }
    if (folded.length > 0) yield { bytes: decodeBase64(folded.join("")) }
    folded = []
    if (word.length < SHORTEST_WORD) continue
    for (const [inner] of word.matchAll(BASE64_WORD)) yield { bytes: decodeBase64(inner) }
  }
}

/** @param digits nothing but base64's letters, and padding that may be wrong */
function decodeBase64(digits: string): Uint8Array {
  const plain = digits.replace(/=+/g, "")
  // A single digit at the end is six bits: no byte.
  const binary = atob(plain.length % 4 === 1 ? plain.slice(0, -1) : plain)
  const out = new Uint8Array(binary.length)
  for (let i = 0; i < binary.length; i++) out[i] = binary.charCodeAt(i)
  return out
}
