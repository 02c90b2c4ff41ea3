/**
 * A row of a table or an object of a JSON document: named cells, of which some hold a recovery password or a key package, one its
 * key ID, others the volume, the computer, the time. What is in a cell counts first, and above all whether the drive asks for
 * it; names of columns, which every tool chooses for itself, decide between what looks alike.
 */
import { type KeyPackage, parseKeyPackages } from "../fve/index.ts"
import { candidate, passwordItem } from "./items.ts"
import { findGuids } from "./key-ids.ts"
import type { KeyFacts, PlaceItem, WantedKeys } from "./place.ts"
import { plainText } from "./plain-text.ts"
import { type FoundPassword, findRecoveryPasswords } from "./recovery-passwords.ts"

export interface Cell {
  readonly name: string
  readonly text: string
}

export interface RecordKeys {
  readonly items: readonly PlaceItem[]
  /** Names of the cells that it was read from. */
  readonly keyCells: readonly string[]
  readonly idCell?: string
}

const NOTHING: RecordKeys = { items: [], keyCells: [] }

/** Less than 48 digits, of which some are missing. */
const SHORTEST_KEY = 40

export function keysOfRecord(cells: readonly Cell[], origin: string, wanted: WantedKeys): RecordKeys {
  if (cells.every(({ text }) => text.length < SHORTEST_KEY)) return NOTHING
  const plain = cells.map(({ name, text }) => ({ name, text: plainText(text).trim() }))
  const passwords = plain.flatMap((cell) =>
    [...findRecoveryPasswords(cell.text)].map((found) => ({ found, cell })),
  )
  const packages = plain.flatMap((cell) => packagesIn(cell).map((keyPackage) => ({ keyPackage, cell })))
  if (passwords.length + packages.length === 0) return NOTHING
  const id = findKeyId(plain, wanted, passwords)
  const facts = { origin, ...id?.facts, ...factsOf(plain, wanted) }
  const keyCells = [...passwords, ...packages].map(({ cell }) => cell.name)
  return {
    items: [
      ...passwords.map(({ found }) => passwordItem(found, facts)),
      ...packages.map(({ keyPackage }) => candidate(facts, { kind: "key-package", keyPackage })),
    ],
    keyCells: [...new Set(keyCells)],
    ...(id && { idCell: id.name }),
  }
}

/** The smallest key package, in base64; and the letters of base64, hex and lists of numbers. */
const SHORTEST_PACKAGE = 86
const PACKAGE_LETTERS = /^[\w+/=\s,{}()-]+$/

function packagesIn({ text }: Cell): KeyPackage[] {
  if (text.length < SHORTEST_PACKAGE || !PACKAGE_LETTERS.test(text)) return []
  return parseKeyPackages(new TextEncoder().encode(text))
}

/** How names begin or end in the exports that are common: `KeyId`, `Recovery Guid`, `PasswordID`, Microsoft Graph's `id`. */
const KEY_ID_NAME = /^(?:id|name|cn|identifier)$|(?:key|recovery|password|protector|bitlocker).*(?:id|guid)$/
const OTHER_NAME = /volume|device|computer|machine|tenant|user|owner|object|domain|serial/
const COMPUTER_NAME = /computer|machine|host|device ?name|^device$/
const TIME_NAME = /created|date|time|when/
const SHORT_ID = /^[0-9a-f]{8}$/i
const ISO_TIME = /^\d{4}-\d\d-\d\dT[\d:.]+(?:Z|[+-]\d\d:?\d\d)?$/

interface NamedId {
  readonly name: string
  readonly facts: Pick<KeyFacts, "protectorId" | "shortId">
}

function findKeyId(
  cells: readonly Cell[],
  wanted: WantedKeys,
  passwords: readonly { readonly found: FoundPassword; readonly cell: Cell }[],
): NamedId | undefined {
  const ids = cells.flatMap(({ name, text }) => findGuids(text).map(({ id }) => ({ name, id })))
  const named = (name: string): boolean => {
    const plain = name.toLowerCase().replace(/[^a-z]/g, "")
    return KEY_ID_NAME.test(plain) && !OTHER_NAME.test(plain)
  }
  const others = ids.filter(
    ({ name, id }) => !OTHER_NAME.test(name.toLowerCase()) && !wanted.volumeIds.includes(id),
  )
  const sole = new Set(others.map(({ id }) => id)).size === 1 ? others[0] : undefined
  const keyCells = new Set(passwords.map(({ cell }) => cell.name))
  const chosen =
    ids.find(({ id }) => wanted.protectorIds.includes(id)) ??
    // A text that Windows saved may stand in one cell as a whole.
    ids.find(({ name }) => keyCells.has(name)) ??
    ids.find(({ name }) => named(name)) ??
    sole
  if (chosen) return { name: chosen.name, facts: { protectorId: chosen.id } }
  const short =
    cells.find(({ text }) => wanted.shortIds.includes(text.toUpperCase())) ??
    cells.find(({ name, text }) => named(name) && SHORT_ID.test(text))
  return short && { name: short.name, facts: { shortId: short.text.toUpperCase() } }
}

function factsOf(
  cells: readonly Cell[],
  wanted: WantedKeys,
): Pick<KeyFacts, "volumeId" | "computer" | "created"> {
  const ids = cells.flatMap(({ name, text }) => findGuids(text).map(({ id }) => ({ name, id })))
  const volumeId =
    ids.find(({ id }) => wanted.volumeIds.includes(id)) ?? ids.find(({ name }) => /volume/i.test(name))
  const isComputer = ({ name, text }: Cell): boolean =>
    COMPUTER_NAME.test(name.toLowerCase()) && text !== "" && findGuids(text).length === 0
  const computer = cells.find(isComputer)?.text
  const time = cells.find(({ name, text }) => TIME_NAME.test(name.toLowerCase()) && ISO_TIME.test(text))?.text
  const created = time === undefined ? undefined : new Date(time)
  return {
    ...(volumeId && { volumeId: volumeId.id }),
    ...(computer && { computer }),
    ...(created && !Number.isNaN(created.getTime()) && { created }),
  }
}
