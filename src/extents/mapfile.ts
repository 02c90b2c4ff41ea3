/**
 * The mapfile of GNU ddrescue (its manual, "Mapfile structure"): comments, one line that tells where the program was and
 * what it did, then the blocks, `position size status` in ascending order. We write what ddrescue 1.16 and later write, and
 * read what any version wrote: numbers in C's notation, no pass in the older ones, a last block that is as long as a number
 * can be where the size of the input was not known.
 *
 * What lies outside of the blocks is not tried. Anything that no ddrescue writes is refused with its line: a map that was cut
 * or edited must not be half believed.
 */
import { type Extent, extentBetween } from "./extent.ts"
import { ExtentMap, Status } from "./extent-map.ts"

/** What the program was doing: that it tried the blocks of a status, or filled (`F`) or generated (`G`) a map. */
export type Activity = Status | "F" | "G"

export interface Mapfile {
  readonly map: ExtentMap
  /** Lines that began with `#`, without it and blanks at both ends; those that name the columns are left out. */
  readonly comments: readonly string[]
  /** Where the program was. */
  readonly position: number
  readonly activity: Activity
  /** From 1; 1 where the file does not tell. */
  readonly pass: number
}

/** What cannot be read is said in a sentence: the caller knows the name of the file. */
export type ParsedMapfile = Mapfile | { readonly fault: string }

/** Of characters: some million blocks. */
export const LARGEST_MAPFILE = 1 << 26

const STATE_COLUMNS = "current_pos  current_status  current_pass"
const BLOCK_COLUMNS = "     pos        size  status"
const STATUSES: ReadonlySet<string> = new Set(Object.values(Status))

/** Where a program is that tries what the map still has to offer, as ddrescue tells it; `+` when nothing is left. */
export function stateOf(map: ExtentMap): Pick<Mapfile, "position" | "activity" | "pass"> {
  for (const activity of [Status.nonTried, Status.nonTrimmed, Status.nonScraped]) {
    if (map.total(activity) === 0) continue
    return { position: map.extentsOf(activity)[0]!.start, activity, pass: 1 }
  }
  return { position: 0, activity: Status.finished, pass: 1 }
}

export function serializeMapfile({ map, comments, position, activity, pass }: Mapfile): string {
  const blocks = [...map].map(({ start, length, status }) => `${word(start)}  ${word(length)}  ${status}`)
  const lines = [
    ...comments.map((text) => `# ${text}`),
    `# ${STATE_COLUMNS}`,
    `${word(position)}     ${activity}               ${pass}`,
    `# ${BLOCK_COLUMNS}`,
    ...blocks,
  ]
  return `${lines.join("\n")}\n`
}

function word(position: number): string {
  return `0x${position.toString(16).toUpperCase().padStart(8, "0")}`
}

/** @param size of what the map is about, in bytes: what the file says beyond it is left out */
export function parseMapfile(text: string, size: number): ParsedMapfile {
  if (text.length > LARGEST_MAPFILE) return { fault: "is too large for a mapfile" }
  const comments: string[] = []
  const map = new ExtentMap(size)
  let state: Omit<Mapfile, "map" | "comments"> | undefined
  let end: bigint | undefined
  for (const [index, line] of text.split("\n").entries()) {
    const refuse = (why: string) => ({ fault: `is no mapfile: line ${index + 1} ${why}` })
    // `ddrescuelog --annotate-mapfile` writes its comments behind the blocks.
    const [words = "", comment] = split(line)
    if (words === "") {
      if (comment !== undefined && !isColumns(comment)) comments.push(comment)
      continue
    }
    if (!state) {
      state = parseState(words)
      if (!state) return refuse("does not tell where the program was")
      continue
    }
    const block = parseBlock(words)
    if (!block) return refuse("is no block")
    if (end !== undefined && block.start !== end) return refuse("does not go on where the line before ended")
    end = block.start + block.length
    map.set(clip(block, size), block.status)
  }
  if (!state || end === undefined) return { fault: "is no mapfile: it has no block" }
  return { map, comments, ...state }
}

/** What stands before the first `#` of a line, and what behind it. */
function split(line: string): string[] {
  const at = line.indexOf("#")
  return at < 0 ? [line.trim()] : [line.slice(0, at).trim(), line.slice(at + 1).trim()]
}

const isColumns = (comment: string): boolean => /^\s*(current_pos\s|pos\s+size\s)/.test(comment)

function parseState(line: string): Omit<Mapfile, "map" | "comments"> | undefined {
  const [position, activity, pass = "1", ...more] = line.split(/\s+/)
  const at = parseNumber(position)
  const isActivity = activity === "F" || activity === "G" || isStatus(activity)
  if (at === undefined || !isActivity || !/^\d{1,9}$/.test(pass) || more.length > 0) return undefined
  return { position: clampToNumber(at), activity, pass: Math.max(1, Number(pass)) }
}

interface WideBlock {
  readonly start: bigint
  readonly length: bigint
  readonly status: Status
}

function parseBlock(line: string): WideBlock | undefined {
  const [position, size, status, ...more] = line.split(/\s+/)
  const start = parseNumber(position)
  const length = parseNumber(size)
  if (start === undefined || !length || !isStatus(status) || more.length > 0) return undefined
  return { start, length, status }
}

const isStatus = (text: string | undefined): text is Status => text !== undefined && STATUSES.has(text)

/** C's notation: 0x1F, 017, 15; at most what a signed number of 64 bits holds. */
function parseNumber(text = ""): bigint | undefined {
  if (!/^(0x[\da-f]{1,16}|0[0-7]{0,21}|[1-9]\d{0,18})$/i.test(text)) return undefined
  const value = BigInt(/^0[0-7]/.test(text) ? `0o${text.slice(1)}` : text)
  return value < 2n ** 63n ? value : undefined
}

function clip({ start, length }: WideBlock, size: number): Extent {
  const inside = (position: bigint): number => Number(position < BigInt(size) ? position : BigInt(size))
  return extentBetween(inside(start), inside(start + length))
}

const clampToNumber = (value: bigint): number =>
  Number(value < BigInt(Number.MAX_SAFE_INTEGER) ? value : BigInt(Number.MAX_SAFE_INTEGER))
