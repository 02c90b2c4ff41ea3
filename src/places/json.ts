/**
 * JSON exports: Microsoft Graph, `ConvertTo-Json` of PowerShell, inventories, and one document a line. The object that holds a
 * recovery password itself names its key ID too, whatever lies around it.
 */
import { parseGuid } from "../bytes/guid.ts"
import { linesOf } from "../bytes/decode-text.ts"
import { parseKeyPackages } from "../fve/index.ts"
import { finding, candidate } from "./items.ts"
import type { PlaceItem, WantedKeys } from "./place.ts"
import { type Cell, keysOfRecord } from "./record.ts"
import { type RecordTally, recordTally } from "./record-tally.ts"

export function isJson(head: string): boolean {
  return /^\ufeff?\s*[[{]/.test(head)
}

/** Of any export that people make. What is deeper is made to exhaust who reads it. */
const DEEPEST = 64

/** @returns "no-json" when the text only looks like it: it is then read as any other text */
export function* keysInJson(
  text: string,
  name: string,
  wanted: WantedKeys,
): Generator<PlaceItem, "read" | "no-json"> {
  if (depthOf(text) > DEEPEST) {
    yield finding(
      "json-too-deep",
      `${name}: its JSON is nested more than ${DEEPEST} deep: it is read as plain text`,
    )
    return "no-json"
  }
  const tally = recordTally()
  const whole = parse(text)
  if (whole) yield* keysInValue(whole.value, `${name}, $`, wanted, tally)
  else if (!(yield* keysInLines(text, name, wanted, tally))) return "no-json"
  yield* tally.said(`${name}: read as JSON`)
  return "read"
}

function* keysInLines(
  text: string,
  name: string,
  wanted: WantedKeys,
  tally: RecordTally,
): Generator<PlaceItem, boolean> {
  const parsed: { value: unknown; number: number }[] = []
  let number = 0
  for (const line of linesOf(text)) {
    number++
    if (line.trim() === "") continue
    const one = parse(line)
    // A document that is cut in the middle holds keys too, which are found without its structure.
    if (!one) return false
    parsed.push({ value: one.value, number })
  }
  for (const { value, number: line } of parsed)
    yield* keysInValue(value, `${name}, line ${line}, $`, wanted, tally)
  return parsed.length > 0
}

function parse(text: string): { value: unknown } | undefined {
  try {
    return { value: JSON.parse(text) as unknown }
  } catch {
    return undefined
  }
}

/** Counted before anything is built. */
function depthOf(text: string): number {
  let depth = 0
  let deepest = 0
  let isString = false
  for (let i = 0; i < text.length; i++) {
    const character = text[i]!
    if (isString) {
      if (character === "\\") i++
      else if (character === '"') isString = false
    } else if (character === '"') isString = true
    else if (character === "{" || character === "[") deepest = Math.max(deepest, ++depth)
    else if (character === "}" || character === "]") depth--
  }
  return deepest
}

function* keysInValue(
  value: unknown,
  path: string,
  wanted: WantedKeys,
  tally: RecordTally,
): Generator<PlaceItem> {
  if (typeof value !== "object" || value === null) return
  if (!Array.isArray(value)) {
    const members = Object.entries(value)
    const cells = members.flatMap(([name, inner]) => cellsOf(name, inner))
    yield* keysInRecord(cells, path, wanted, tally)
    for (const [name, inner] of members) yield* keysInMember(inner, path, `.${name}`, wanted, tally)
    return
  }
  // One by one: a list may have millions. Its members are no columns of one record.
  for (const [i, inner] of value.entries()) {
    yield* keysInRecord(cellsOf(`[${i}]`, inner), path, wanted, tally)
    yield* keysInMember(inner, path, `[${i}]`, wanted, tally)
  }
}

function* keysInRecord(
  cells: readonly Cell[],
  path: string,
  wanted: WantedKeys,
  tally: RecordTally,
): Generator<PlaceItem> {
  if (cells.length === 0) return
  const keys = keysOfRecord(cells, path, wanted)
  tally.add(keys)
  yield* keys.items
}

/** Of a name in a path: it is there for people. */
const LONGEST_NAME = 64

function* keysInMember(
  value: unknown,
  path: string,
  name: string,
  wanted: WantedKeys,
  tally: RecordTally,
): Generator<PlaceItem> {
  const bytes = bytesOf(value)
  const ownPath = `${path}${name.length > LONGEST_NAME ? `${name.slice(0, LONGEST_NAME)}…` : name}`
  if (!bytes) yield* keysInValue(value, ownPath, wanted, tally)
  else
    for (const keyPackage of parseKeyPackages(bytes)) {
      yield candidate({ origin: ownPath }, { kind: "key-package", keyPackage })
    }
}

const GUID_LENGTH = 16

/** Binary values are lists of numbers when PowerShell writes them. */
function cellsOf(name: string, value: unknown): Cell[] {
  if (typeof value === "string") return [{ name, text: value }]
  const bytes = bytesOf(value)
  return bytes?.length === GUID_LENGTH ? [{ name, text: parseGuid(bytes) }] : []
}

function bytesOf(value: unknown): Uint8Array | undefined {
  if (!Array.isArray(value) || value.length < GUID_LENGTH) return undefined
  const isByte = (one: unknown): boolean => Number.isInteger(one) && Number(one) >= 0 && Number(one) <= 0xff
  return value.every(isByte) ? Uint8Array.from(value as number[]) : undefined
}
