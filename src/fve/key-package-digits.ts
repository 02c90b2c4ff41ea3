/**
 * Bytes written as digits: hex dumps with offsets and a column of characters (xxd, hexdump, od, certutil, Format-Hex, HxD),
 * anything else that is pairs of hex digits with separators (`30-01`, `0x30, 0x01`, `hex:30,01,\`), and decimal lists.
 *
 * In a dump nothing marks where the bytes end and the characters begin, and characters can look like digits. But the bytes of
 * all full rows end in the same column: the leftmost column at which any of them stops looking like bytes.
 */
import { linesOf } from "../bytes/decode-text.ts"
import { fromHex } from "../bytes/hex.ts"

/** At the start of a row. */
const OFFSET = /^\s*(?:0x)?([0-9a-f]{4,16})(?:h?:|\s|$)\s*/i
const INDENT = /^\s*/
/** One to eight bytes, and what may stand before the next ones. */
const BYTES = /(?:[0-9a-f]{2}){1,8}(?![0-9a-z])([ \t-]*)/iy
/** No dump has longer rows. */
const LONGEST_ROW = 512
/** Rows of `*` stand for any number of rows like the one before: together for this many bytes at most. */
const LARGEST_REPETITION = 1 << 20
/** How programs count: hexdump and xxd in hex, od in octal unless told. */
const RADIXES = [16, 10, 8] as const

const NONE = new Uint8Array(0)

/** The bytes of a dump; none when the text is no dump. */
export function parseHexDump(text: string, { hasOffsets }: { readonly hasOffsets: boolean }): Uint8Array {
  const column = lastColumn(text, hasOffsets)
  // Many short texts are read, of which hardly one repeats anything.
  let room = text.includes("*") ? LARGEST_REPETITION : 0
  const out = new Uint8Array((text.length >> 1) + room)
  let length = 0
  let previous: Row | undefined
  let radix: number | undefined
  let isRepeated = false
  for (const line of linesOf(text)) {
    const area = hexArea(line, hasOffsets)
    if (!area) {
      isRepeated ||= line.trim() === "*"
      continue
    }
    const row = { offset: area.offset, bytes: bytesOf(line, area, column) }
    if (previous && isRepeated) {
      const rows = repetition(previous, row, radix ?? RADIXES[0], room)
      out.set(rows, length)
      length += rows.length
      room -= rows.length
    } else if (previous) radix ??= radixOf(previous, row)
    isRepeated = false
    out.set(row.bytes, length)
    length += row.bytes.length
    previous = row
  }
  return out.subarray(0, length)
}

interface Row {
  /** As written. */
  readonly offset: string
  readonly bytes: Uint8Array
}

function bytesOf(line: string, { start, end }: HexArea, column: number): Uint8Array {
  return fromHex(line.slice(start, Math.min(end, column)).replace(/[^0-9a-f]/gi, "")) ?? NONE
}

function radixOf(row: Row, next: Row): number | undefined {
  return RADIXES.find(
    (radix) => parseInt(next.offset, radix) - parseInt(row.offset, radix) === row.bytes.length,
  )
}

/** The rows between two that a row of `*` stands for. */
function repetition({ offset, bytes }: Row, next: Row, radix: number, room: number): Uint8Array {
  const length = parseInt(next.offset, radix) - parseInt(offset, radix) - bytes.length
  if (bytes.length === 0 || !(length > 0 && length <= room)) return NONE
  return Uint8Array.from({ length }, (_, i) => bytes[i % bytes.length]!)
}

/** Where the bytes of a full row end. The last row may be shorter, so it does not count. */
function lastColumn(text: string, hasOffsets: boolean): number {
  let column = LONGEST_ROW
  let ofLastRow = LONGEST_ROW
  for (const line of linesOf(text)) {
    const area = hexArea(line, hasOffsets)
    if (!area || area.end === area.start) continue
    column = Math.min(column, ofLastRow)
    ofLastRow = area.end
  }
  return column
}

interface HexArea {
  readonly offset: string
  readonly start: number
  readonly end: number
}

/** Rows without an offset need bytes; with one they may be the end that some programs print. */
function hexArea(line: string, hasOffsets: boolean): HexArea | undefined {
  const lead = line.length > LONGEST_ROW ? null : (hasOffsets ? OFFSET : INDENT).exec(line)
  if (!lead) return undefined
  const start = lead[0].length
  let end = start
  BYTES.lastIndex = start
  for (let match = BYTES.exec(line); match; match = BYTES.exec(line)) end = BYTES.lastIndex - match[1]!.length
  return hasOffsets || end > start ? { offset: lead[1] ?? "", start, end } : undefined
}

/** Brackets by themselves, and what stands between separators. */
const WORD = /[(){}[\]]|[^\s,;:="'\\(){}[\]-]+/g
const NUMBER = /^(0?x|&h)?([0-9a-f]+)$/i

/** Runs of bytes; every word that is no bytes ends one. */
export function hexRuns(text: string): Generator<Uint8Array> {
  return byteRuns(text, WORD, (word) => {
    const [, prefix, digits = ""] = NUMBER.exec(word) ?? []
    return fromHex(prefix && digits.length === 1 ? `0${digits}` : digits) ?? NONE
  })
}

/** Lists as PowerShell and programs print them: 48, 1, 0. */
const DECIMAL_WORD = /[(){}[\]]|[^\s,;(){}[\]]+/g

export function decimalRuns(text: string): Generator<Uint8Array> {
  return byteRuns(text, DECIMAL_WORD, (word) =>
    /^\d{1,3}$/.test(word) && Number(word) <= 0xff ? Uint8Array.of(Number(word)) : NONE,
  )
}

/** An FVEK datum alone, of the shortest key: nothing shorter is of any use. */
const SHORTEST_RUN = 64

function* byteRuns(text: string, words: RegExp, read: (word: string) => Uint8Array): Generator<Uint8Array> {
  let run: number[] = []
  for (const [word] of text.matchAll(words)) {
    const bytes = read(word)
    for (const byte of bytes) run.push(byte)
    if (bytes.length > 0) continue
    if (run.length >= SHORTEST_RUN) yield Uint8Array.from(run)
    run = []
  }
  if (run.length >= SHORTEST_RUN) yield Uint8Array.from(run)
}
