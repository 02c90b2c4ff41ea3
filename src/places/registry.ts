/**
 * Registry exports (`.reg`). Windows opens its data volumes by itself with startup keys that it keeps in
 * `HKLM\SYSTEM\CurrentControlSet\Control\FVEAutoUnlock\{volume GUID}`, value `Data`: an external info datum whose key is wrapped
 * with the auto-unlock key of the volume that Windows itself is on.
 */
import { filetimeToDate } from "../bytes/filetime.ts"
import { linesOf } from "../bytes/decode-text.ts"
import { fromHex } from "../bytes/hex.ts"
import { Secret } from "../crypto/secret.ts"
import {
  type Datum,
  DatumType,
  ExternalInfoBody,
  KeyType,
  parseDatums,
  readCcmBox,
  readKey,
} from "../fve/index.ts"
import { candidate } from "./items.ts"
import { findGuids } from "./key-ids.ts"
import type { PlaceItem } from "./place.ts"

export function isRegistryExport(head: string): boolean {
  return /^\ufeff?\s*(?:Windows Registry Editor Version \d|REGEDIT\d)/.test(head)
}

/** Of one value: 112 bytes are usual. */
const LONGEST_VALUE = 1 << 16
const SECTION = /^\s*\[(.*)\]\s*$/
const BINARY_VALUE = /^\s*(?:"[^"]*"|@)=hex(?:\([0-9a-f]+\))?:(.*)$/is

export function* keysInRegistry(text: string, name: string): Generator<PlaceItem> {
  let volumeId: string | undefined
  for (const { line, number } of wholeLines(text)) {
    const section = SECTION.exec(line)?.[1]
    if (section !== undefined) volumeId = findGuids(section).at(-1)?.id
    const digits = BINARY_VALUE.exec(line)?.[1]?.replace(/[\s,]/g, "")
    const bytes = digits === undefined ? undefined : fromHex(digits)
    if (!bytes) continue
    for (const datum of parseDatums(bytes, 0, bytes.length, [])) {
      const key = keyOf(datum, `${name}, line ${number}`, volumeId)
      if (key) yield key
    }
  }
}

function keyOf(datum: Datum, origin: string, volumeId: string | undefined): PlaceItem | undefined {
  if (datum.type !== DatumType.externalInfo || datum.body.length < ExternalInfoBody.size) return undefined
  const { id, created: filetime } = ExternalInfoBody.parse(datum.body)
  const created = filetimeToDate(filetime)
  const facts = { origin, protectorId: id, ...(volumeId && { volumeId }), ...(created && { created }) }
  const wrapped = datum.properties.map(readCcmBox).find((box) => box !== undefined)
  if (wrapped) return candidate(facts, { kind: "auto-unlock-key", wrapped })
  const plain = datum.properties.map(readKey).find((key) => key?.keyType === KeyType.externalKey)
  if (!plain) return undefined
  const credential = { kind: "startup-key", keyId: id, key: new Secret(plain.key) } as const
  return candidate(facts, { kind: "startup-key", credential })
}

/** A value goes on behind a backslash. The number is that of its first line. */
function* wholeLines(text: string): Generator<{ line: string; number: number }> {
  let pieces: string[] = []
  let length = 0
  let number = 0
  let first = 1
  for (const line of linesOf(text)) {
    number++
    if (pieces.length === 0) first = number
    const goesOn = line.endsWith("\\")
    if ((length += line.length) <= LONGEST_VALUE) pieces.push(goesOn ? line.slice(0, -1) : line)
    if (goesOn) continue
    yield { line: pieces.join(""), number: first }
    pieces = []
    length = 0
  }
}
