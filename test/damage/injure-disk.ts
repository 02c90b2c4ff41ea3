/** Injuries that know nothing of BitLocker: what people, other programs and dying drives do to disks. */
import { readFileSync } from "node:fs"
import { extent } from "../../src/extents/extent.ts"
import type { SeededRandom } from "../forge/random.ts"
import { runTool, withFile } from "../suites/tools.ts"
import type { FormatTool } from "./injury.ts"
import { findPart } from "./parts.ts"
import { heldExtent, storedBytes, tablePieces, type Victim, withBytes } from "./victim.ts"

/** Sectors of a GPT: the header and its entries. */
const GPT_SECTORS = 33

export function wipeTable(
  victim: Victim,
  { which }: { readonly which: "mbr" | "gpt primary" | "gpt both" },
): Victim {
  const { volume, start, input } = victim
  const { sectorSize } = volume
  const zeros = (at: number, sectorCount: number) => (before: Victim) =>
    withBytes(before, at - start, new Uint8Array(sectorCount * sectorSize))
  const record = zeros(0, 1)
  const primary = zeros(sectorSize, GPT_SECTORS)
  const backup = zeros(input.length - GPT_SECTORS * sectorSize, GPT_SECTORS)
  const wipes = { mbr: [record], "gpt primary": [primary], "gpt both": [record, primary, backup] }[which]
  return wipes.reduce((before, wipe) => wipe(before), victim)
}

/** The volume stays where it is, and the table says something else. */
export function shiftPartition(
  victim: Victim,
  { table, by }: { readonly table: "mbr" | "gpt"; readonly by: number },
): Victim {
  const { volume, start, input } = victim
  return tablePieces(table, input.length, volume, start + by).reduce(
    (before, { at, bytes }) => withBytes(before, at - start, bytes),
    victim,
  )
}

export function cutOff(
  victim: Victim,
  { head = 0, tail = 0 }: { readonly head?: number; readonly tail?: number },
): Victim {
  const { volume, input, start } = victim
  const sectors = (share: number): number => Math.round((share * volume.size) / 4096) * 4096
  const from = head > 0 ? start + sectors(head) : 0
  const to = tail > 0 ? start + volume.size - sectors(tail) : input.length
  return { ...victim, input: input.slice(from, to), start: start - from }
}

export function flipBits(
  victim: Victim,
  { count, parts }: { readonly count: number; readonly parts?: readonly string[] },
  random: SeededRandom,
): Victim {
  const places = parts?.flatMap((name) => findPart(victim.volume, name)) ?? [heldExtent(victim)]
  const input = victim.input.slice()
  for (let i = 0; i < count; i++) {
    const { start, length } = places[i % places.length]!
    const at = victim.start + start + random.integer(length)
    input[at] = input[at]! ^ (1 << random.integer(8))
  }
  return { ...victim, input }
}

const FORMAT_OPTIONS: Readonly<Record<FormatTool, readonly string[]>> = {
  mkntfs: ["-F", "-Q", "-q", "-p", "0", "-H", "255", "-S", "63"],
  "mkfs.exfat": [],
  "mkfs.vfat": [],
}

export function quickFormat(victim: Victim, { tool }: { readonly tool: FormatTool }): Victim {
  const { volume } = victim
  const before = storedBytes(victim, extent(0, volume.size))
  const sectorSize = String(volume.sectorSize)
  const size = { mkntfs: ["-s", sectorSize], "mkfs.vfat": ["-S", sectorSize], "mkfs.exfat": [] }[tool]
  const formatted = withFile(before, (path) => {
    runTool(tool, ...FORMAT_OPTIONS[tool], ...size, path)
    return readFileSync(path)
  })
  return withBytes(victim, 0, formatted)
}
