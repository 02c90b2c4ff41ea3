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
  const entries = Array.isArray(value)
    ? value.map((inner: unknown, i) => [`[${i}]`, inner] as const)
    : Object.entries(value)
  const cells = entries.flatMap(([name, inner]) => cellsOf(name, inner))
  if (cells.length > 0) {
    // The members of a list are no columns of one record.
    const records = Array.isArray(value) ? cells.map((cell) => [cell]) : [cells]
    for (const record of records) {
      const keys = keysOfRecord(record, path, wanted)
      tally.add(keys)
      yield* keys.items
    }
  }
  for (const [name, inner] of entries) {
    const bytes = bytesOf(inner)
    if (bytes) {
      for (const keyPackage of parseKeyPackages(bytes)) {
        yield candidate({ origin: `${path}, ${name}` }, { kind: "key-package", keyPackage })
      }
    } else yield* keysInValue(inner, `${path}${name.startsWith("[") ? name : `.${name}`}`, wanted, tally)
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
