/**
 * One file, whatever it is: what is in it decides, never its name. Keys themselves (`.BEK`, `.KPG`), exports of directories and of
 * the registry, tables, JSON, and any text with 48 digits.
 */
import { concatBytes } from "../bytes/concat.ts"
import { decoderNameOf } from "../bytes/decode-text.ts"
import { parseStartupKey } from "../credential/index.ts"
import { CredentialError } from "../errors.ts"
import { isKeyBackup, parseKeyPackages } from "../fve/index.ts"
import { keysInBackup } from "./backup.ts"
import { delimiterOf, tableReader } from "./csv.ts"
import { candidate, finding } from "./items.ts"
import { isJson, keysInJson } from "./json.ts"
import { findGuids } from "./key-ids.ts"
import { isLdif, ldifReader } from "./ldif.ts"
import type { PlaceItem, WantedKeys } from "./place.ts"
import { isText, plainText } from "./plain-text.ts"
import { keysInProse } from "./prose.ts"
import { keysOfEntry } from "./recovery-entry.ts"
import { isRegistryExport, keysInRegistry } from "./registry.ts"
import { textLines } from "./text-lines.ts"

export interface FileContent {
  /** For origins: the path as the person knows it. */
  readonly name: string
  /** Read once, and only as far as needed. */
  readonly chunks: AsyncIterable<Uint8Array>
}

/** As much as shows what a file is. */
const HEAD_LENGTH = 1 << 16
/** Keys have some hundred bytes. */
const LARGEST_BINARY = 1 << 20
/** What has to be looked at as a whole. LDIF and tables may be larger: they are read a line at a time. */
const LARGEST_TEXT = 16 << 20

export async function* keysInFile(
  { name, chunks }: FileContent,
  wanted: WantedKeys,
): AsyncGenerator<PlaceItem> {
  const input = chunks[Symbol.asyncIterator]()
  try {
    const head = await readUpTo(input, HEAD_LENGTH)
    const isBinary = !isText(head)
    const limit = isBinary ? LARGEST_BINARY : LARGEST_TEXT
    const start = concatBytes([head, await readUpTo(input, limit + 1 - head.length)])
    const isWhole = start.length <= limit
    if (isBinary) yield* isWhole ? keysInBytes(start, name) : tooLarge(name, isBinary)
    else yield* keysInText({ name, head, start, rest: isWhole ? undefined : input }, wanted)
  } finally {
    await input.return?.()
  }
}

/** At least so much, unless the file ends before. */
async function readUpTo(input: AsyncIterator<Uint8Array>, length: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  let total = 0
  while (total < length) {
    const { value, done } = await input.next()
    if (done) break
    chunks.push(value)
    total += value.length
  }
  return concatBytes(chunks)
}

function* keysInBytes(file: Uint8Array, name: string): Generator<PlaceItem> {
  const startupKey = tryStartupKey(file, name)
  if (startupKey) {
    const { keyId: protectorId, volumeId, created } = startupKey
    const facts = { origin: name, protectorId, ...(volumeId && { volumeId }), ...(created && { created }) }
    yield candidate(facts, { kind: "startup-key", credential: startupKey })
    return
  }
  const packages = parseKeyPackages(file)
  for (const keyPackage of packages) yield candidate({ origin: name }, { kind: "key-package", keyPackage })
  if (packages.length === 0) yield* explainNothing(file, name)
}

function tryStartupKey(file: Uint8Array, name: string) {
  try {
    return parseStartupKey(file, name)
  } catch (error) {
    if (error instanceof CredentialError) return undefined
    throw error
  }
}

const CONTAINERS = [
  { what: "a PDF", magic: "%PDF", next: "save its text (pdftotext), and name that" },
  { what: "an archive or an Office document", magic: "PK\u0003\u0004", next: "unpack it, or save its text" },
  { what: "an archive", magic: "7z\u00bc\u00af", next: "unpack it" },
] as const

/** A file that is called a key and is none may be the very one that was looked for. */
function* explainNothing(file: Uint8Array, name: string): Generator<PlaceItem> {
  const head = String.fromCharCode(...file.subarray(0, 8))
  const container = CONTAINERS.find(({ magic }) => head.startsWith(magic))
  if (container) {
    yield finding("file-not-looked-into", `${name}: ${container.what} is not looked into: ${container.next}`)
  }
  const [, extension] = /\.(bek|kpg)$/i.exec(name) ?? []
  if (!extension) return
  const what = extension.toLowerCase() === "bek" ? "startup key" : "key package"
  const protectorId = findGuids(name).at(-1)?.id
  yield finding(
    `${what.replace(" ", "-")}-malformed`,
    `${name}: no ${what} in its ${file.length} bytes: it is damaged, or another file of that name`,
    { ...(protectorId && { protectorId }) },
  )
}

interface TextFile {
  readonly name: string
  readonly head: Uint8Array
  readonly start: Uint8Array
  /** Absent when the start is all of it. */
  readonly rest: AsyncIterator<Uint8Array> | undefined
}

async function* keysInText(file: TextFile, wanted: WantedKeys): AsyncGenerator<PlaceItem> {
  const { name, head, start, rest } = file
  if (!rest && isKeyBackup(start)) {
    yield* keysInBackup(start, name)
    return
  }
  const headText = decode(head, { stream: true })
  if (isLdif(headText)) {
    yield* keysInLdif(file)
    return
  }
  const delimiter = delimiterOf(headText)
  if (rest) {
    yield* delimiter ? keysInTable(file, tableReader(name, delimiter, wanted)) : tooLarge(name, false)
    return
  }
  const text = decode(start)
  if (isRegistryExport(headText) && (yield* told(keysInRegistry(text, name)))) return
  if (isJson(headText) && (yield* keysInJson(text, name, wanted)) === "read") return
  else if (delimiter) yield* keysInSmallTable(file, tableReader(name, delimiter, wanted), wanted)
  else yield* keysInPlainText(start, text, name, wanted)
}

/** `stream`: the bytes may end inside a character. */
function decode(bytes: Uint8Array, options: { readonly stream?: boolean } = {}): string {
  return new TextDecoder(decoderNameOf(bytes.subarray(0, HEAD_LENGTH))).decode(bytes, options)
}

async function* chunksOf({ start, rest }: TextFile): AsyncGenerator<Uint8Array> {
  yield start
  if (rest) yield* { [Symbol.asyncIterator]: () => rest }
}

async function* keysInLdif(file: TextFile): AsyncGenerator<PlaceItem> {
  const reader = ldifReader()
  const read = function* (entry: ReturnType<typeof reader.end>): Generator<PlaceItem> {
    if (!entry) return
    const place = `${file.name}, line ${entry.line}`
    yield* keysOfEntry(entry, place)
    for (const what of entry.broken) {
      const protectorId = findGuids(entry.dn)[0]?.id
      const text = `${place}, ${entry.dn}: its ${what}`
      yield finding("ldif-value-broken", text, { ...(protectorId && { protectorId }) })
    }
  }
  for await (const lines of textLines(chunksOf(file))) {
    for (const line of lines) yield* read(reader.push(line))
  }
  yield* read(reader.end())
}

async function* keysInTable(
  file: TextFile,
  reader: ReturnType<typeof tableReader>,
): AsyncGenerator<PlaceItem> {
  for await (const lines of textLines(chunksOf(file))) {
    for (const line of lines) yield* reader.push(line)
  }
  yield* reader.end()
}

/** @returns whether there was anything */
function* told(items: Iterable<PlaceItem>): Generator<PlaceItem, boolean> {
  let isAny = false
  for (const item of items) {
    isAny = true
    yield item
  }
  return isAny
}

/** Prose with commas may pass for a table: where no column holds a key, the text as a whole may. */
async function* keysInSmallTable(
  file: TextFile,
  reader: ReturnType<typeof tableReader>,
  wanted: WantedKeys,
): AsyncGenerator<PlaceItem> {
  let hasKeys = false
  for await (const item of keysInTable(file, reader)) {
    hasKeys ||= item.type === "candidate" || item.finding.code === "recovery-password-malformed"
    yield item
  }
  if (!hasKeys) yield* keysInPlainText(file.start, decode(file.start), file.name, wanted)
}

function* keysInPlainText(
  file: Uint8Array,
  text: string,
  name: string,
  wanted: WantedKeys,
): Generator<PlaceItem> {
  const hasKeys = yield* told(keysInProse(plainText(text), name, wanted))
  // In hex, base64 or a list of numbers, a key package is a text as well.
  if (!hasKeys && file.length <= LARGEST_BINARY) yield* keysInBytes(file, name)
}

/** In a folder these are films, disk images and programs, which `folder.ts` only counts. */
export const LARGE_BINARY = "large-binary-left-out"

function* tooLarge(name: string, isBinary: boolean): Generator<PlaceItem> {
  if (isBinary) {
    const text = `${name}: no text, and larger than any key: it is left out`
    yield finding(LARGE_BINARY, text)
    return
  }
  const limit = `${LARGEST_TEXT >> 20} MiB`
  const text = `${name}: a text of more than ${limit} is searched as LDIF or as a table only: it is left out`
  yield finding("text-left-out", text)
}
