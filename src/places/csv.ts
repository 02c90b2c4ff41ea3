/**
 * Tables as text: CSV (RFC 4180) and its relatives with tabs, semicolons or bars, of PowerShell, Excel, Intune, MBAM and
 * scripts. A record at a time, since an export may be larger than memory.
 */
import type { PlaceItem, WantedKeys } from "./place.ts"
import { finding } from "./items.ts"
import { type Cell, keysOfRecord } from "./record.ts"
import { recordTally } from "./record-tally.ts"
import { findRecoveryPasswords } from "./recovery-passwords.ts"
import { plainText } from "./plain-text.ts"

const DELIMITERS = [",", ";", "\t", "|"] as const
type Delimiter = (typeof DELIMITERS)[number]

const SAMPLE_LINES = 100
const FEWEST_RECORDS = 2
/** Tables for people have titles and remarks. */
const FEWEST_ALIKE = 0.6

/** Between the columns; `undefined` when the text is no table. */
export function delimiterOf(head: string): Delimiter | undefined {
  const lines = head.split(/\r?\n/, SAMPLE_LINES)
  const shapes = DELIMITERS.map((delimiter) => shapeOf(lines, delimiter))
  const fitting = shapes.filter(({ columns, share }) => columns > 1 && share >= FEWEST_ALIKE)
  return fitting.sort((a, b) => b.columns - a.columns)[0]?.delimiter
}

/** How many columns the first record has, and what share of the records has as many. The last one may be cut. */
function shapeOf(lines: readonly string[], delimiter: Delimiter) {
  const records = recordReader(delimiter)
  const counts = lines
    .flatMap((line) => records.push(line))
    .map(({ text }) => splitRecord(text, delimiter).cells.length)
  const [columns = 0] = counts
  const alike = counts.filter((count) => count === columns).length
  return { delimiter, columns, share: counts.length < FEWEST_RECORDS ? 0 : alike / counts.length }
}

/** PowerShell writes the type of its objects first, and Excel may be told the delimiter. */
const PREAMBLE = /^(?:#TYPE |sep=)/i

/** Of a record with line ends in its cells: a quote that is never closed must not swallow the file. */
const LONGEST_RECORD = 1 << 16
const MOST_LINES = 256
const MOST_COLUMNS = 1024

interface TableRecord {
  readonly text: string
  /** From 1. */
  readonly line: number
  /** It was torn from others, for a quote that was opened and not closed. */
  readonly isTorn: boolean
}

/** Lines to records. A blank line between records is none. */
function recordReader(delimiter: Delimiter) {
  let lineNumber = 0
  let pending: string[] = []
  let pendingLength = 0

  const take = ({ isTorn }: { isTorn: boolean }): TableRecord[] => {
    const lines = pending
    const first = lineNumber - lines.length + 1
    pending = []
    pendingLength = 0
    if (!isTorn) return [{ text: lines.join("\n"), line: first, isTorn }]
    // Each line by itself: none is lost for a quote that somebody forgot.
    return lines.map((text, i) => ({ text, line: first + i, isTorn }))
  }
  return {
    push(line: string): TableRecord[] {
      lineNumber++
      const isContinuation = pending.length > 0
      if (!isContinuation && (line === "" || PREAMBLE.test(line))) return []
      pending.push(line)
      pendingLength += line.length
      const quotes = isContinuation ? line.split('"').length - 1 : 0
      const goesOn = isContinuation ? quotes % 2 === 0 : splitRecord(line, delimiter).isOpen
      if (!goesOn) return take({ isTorn: false })
      return pending.length > MOST_LINES || pendingLength > LONGEST_RECORD ? take({ isTorn: true }) : []
    },
    end: () => take({ isTorn: true }),
  }
}

export interface TableReader {
  push(line: string): readonly PlaceItem[]
  end(): readonly PlaceItem[]
}

export function tableReader(name: string, delimiter: Delimiter, wanted: WantedKeys): TableReader {
  const tally = recordTally()
  const records = recordReader(delimiter)
  let header: readonly string[] | undefined
  let isTorn = false

  const take = (record: TableRecord): readonly PlaceItem[] => {
    const { cells: texts } = splitRecord(record.text, delimiter)
    const said = record.isTorn && !isTorn ? [quoteOpen(`${name}, line ${record.line}`)] : []
    isTorn = record.isTorn
    if (!header && !texts.some(holdsPassword)) {
      header = texts.map((text, i) => text.trim() || `column ${i + 1}`)
      return said
    }
    header ??= []
    const cells = texts.map((text, i): Cell => ({ name: header?.[i] ?? `column ${i + 1}`, text }))
    const keys = keysOfRecord(cells, `${name}, line ${record.line}`, wanted)
    tally.add(keys)
    return [...said, ...keys.items]
  }
  return {
    push: (line) => records.push(line).flatMap(take),
    end() {
      const between = delimiter === "\t" ? "tabs" : `"${delimiter}"`
      const last = records.end().flatMap(take)
      return [...last, ...tally.said(`${name}: read as a table with ${between} between its columns`)]
    },
  }
}

function quoteOpen(origin: string): PlaceItem {
  const text = `${origin}: a quote is opened and not closed: the lines behind it are read one by one`
  return finding("table-quote-open", text)
}

function holdsPassword(text: string): boolean {
  return !findRecoveryPasswords(plainText(text)).next().done
}

interface Split {
  readonly cells: readonly string[]
  /** A quote is still open. */
  readonly isOpen: boolean
}

function splitRecord(line: string, delimiter: Delimiter): Split {
  const cells: string[] = []
  let at = 0
  while (cells.length < MOST_COLUMNS) {
    if (line[at] === '"') {
      const end = closingQuote(line, at + 1)
      if (end < 0) return { cells: [...cells, line.slice(at + 1)], isOpen: true }
      const next = line.indexOf(delimiter, end)
      cells.push(
        line.slice(at + 1, end).replaceAll('""', '"') + line.slice(end + 1, next < 0 ? undefined : next),
      )
      if (next < 0) break
      at = next + 1
      continue
    }
    const next = line.indexOf(delimiter, at)
    cells.push(line.slice(at, next < 0 ? undefined : next))
    if (next < 0) break
    at = next + 1
  }
  return { cells, isOpen: false }
}

/** A doubled quote stands for one. */
function closingQuote(line: string, from: number): number {
  let at = line.indexOf('"', from)
  while (at >= 0 && line[at + 1] === '"') at = line.indexOf('"', at + 2)
  return at
}
