/**
 * MBR: four entries in the first sector, and a chain of extended boot records for logical partitions (UEFI Specification
 * 2.10, 5.2.1; the chain is documented nowhere and everywhere the same). Positions are sectors: those of the first entry
 * of an extended boot record count from that record, those of its second from the first record of the chain.
 *
 * Every boot sector ends in the same signature, so a table is one only when all four status bytes could be.
 */
import { array, bytes, type Parsed, struct, u16, u32, u8 } from "../bytes/struct.ts"
import { type Extent, extent, hex } from "../extents/extent.ts"
import { type ByteSource, readBytes } from "../source/index.ts"
import type { PartitionTable, TableDraft } from "./partition-table.ts"
import { finishTable } from "./partition-table.ts"

export const MbrEntry = struct("MBR entry", {
  status: u8("0x80: booted from, 0: not"),
  firstChs: bytes(3, "cylinder, head and sector of the first sector; unused"),
  type: u8("MbrType; 0: the entry is empty"),
  lastChs: bytes(3, "cylinder, head and sector of the last sector; unused"),
  firstSector: u32("position in sectors"),
  sectorCount: u32("length in sectors"),
})
export type MbrEntry = Parsed<typeof MbrEntry>

export const Mbr = struct("MBR", {
  bootCode: bytes(440, "code of the boot loader"),
  diskSignature: u32("number by which Windows knows the disk"),
  reserved444: u16("0, or 0x5a5a for a read-only disk"),
  entries: array(4, MbrEntry, "partitions"),
  signature: u16("end of a boot sector", 0xaa55),
})
export type Mbr = Parsed<typeof Mbr>

const EXTENDED: ReadonlySet<number> = new Set([0x05, 0x0f, 0x85])
const GPT_PROTECTIVE = 0xee
const FIRST_LOGICAL = 5
/** Far more logical partitions than anybody made; a chain that goes on is a loop or garbage. */
const LONGEST_CHAIN = 128

/** The table as read for disks of this sector size; `undefined` when the first sector holds none. */
export async function readMbr(source: ByteSource, sectorSize: number): Promise<PartitionTable | undefined> {
  const mbr = await readRecord(source, 0)
  if (!mbr || !mbr.entries.some(isUsed)) return undefined
  const draft: TableDraft = { kind: "mbr", sectorSize, partitions: [], findings: [] }
  for (const [i, entry] of mbr.entries.entries()) {
    if (!isUsed(entry)) continue
    const place = placeOf(entry, 0, sectorSize)
    if (entry.type === GPT_PROTECTIVE) {
      draft.findings.push({
        code: "mbr-protective",
        severity: "notice",
        text: "the MBR stands for a GPT",
        extent: place,
      })
    } else if (EXTENDED.has(entry.type)) await followChain(source, place.start, draft)
    else draft.partitions.push({ index: i + 1, declared: place, type: typeText(entry) })
  }
  return finishTable(draft, source.size)
}

/** The logical partitions of the chain that starts at `base`. */
async function followChain(source: ByteSource, base: number, draft: TableDraft): Promise<void> {
  const { sectorSize } = draft
  const seen = new Set<number>()
  for (let at: number | undefined = base; at !== undefined;) {
    const record: Mbr | undefined =
      seen.has(at) || seen.size >= LONGEST_CHAIN ? undefined : await readRecord(source, at)
    if (!record) {
      draft.findings.push({
        code: "mbr-chain-broken",
        severity: "damage",
        text: seen.has(at)
          ? `the chain of logical partitions comes back to ${hex(at)}`
          : `there is no extended boot record at ${hex(at)}`,
        extent: extent(at, Mbr.size),
      })
      return
    }
    seen.add(at)
    const [logical, next] = record.entries as [MbrEntry, MbrEntry]
    if (isUsed(logical)) {
      const index = FIRST_LOGICAL + draft.partitions.filter((p) => p.index >= FIRST_LOGICAL).length
      draft.partitions.push({ index, declared: placeOf(logical, at, sectorSize), type: typeText(logical) })
    }
    at = isUsed(next) ? placeOf(next, base, sectorSize).start : undefined
  }
}

async function readRecord(source: ByteSource, at: number): Promise<Mbr | undefined> {
  const { bytes } = await readBytes(source, at, Mbr.size)
  if (bytes.length < Mbr.size) return undefined
  const record = Mbr.parse(bytes)
  const isTable = record.signature === 0xaa55 && record.entries.every(({ status }) => (status & 0x7f) === 0)
  return isTable ? record : undefined
}

function isUsed({ type, sectorCount }: MbrEntry): boolean {
  return type !== 0 && sectorCount !== 0
}

/** Both factors have 32 bits or less: the product is a safe integer. */
function placeOf({ firstSector, sectorCount }: MbrEntry, base: number, sectorSize: number): Extent {
  return extent(base + firstSector * sectorSize, sectorCount * sectorSize)
}

function typeText({ type }: MbrEntry): string {
  return `0x${type.toString(16).padStart(2, "0")}`
}
