/** What a partition table says, in bytes, whatever its kind: the values that MBR and GPT have in common. */
import { type Extent, endOf, extent, hexRange, intersect } from "../extents/extent.ts"
import type { Finding } from "../findings.ts"

export interface Partition {
  /** As systems number it: entries of a GPT and primary ones of an MBR from 1, logical ones from 5. */
  readonly index: number
  /** The part of it that the source has: empty when it lies wholly past the end of a truncated image. */
  readonly extent: Extent
  /** What the table says. */
  readonly declared: Extent
  /** The type byte of an MBR as `0x07`, the type GUID of a GPT. */
  readonly type: string
  readonly name?: string
  readonly guid?: string
}

export interface PartitionTable {
  readonly kind: "mbr" | "gpt"
  /** Of the disk that the table was written for; an image carries none, and an enclosure may change it. */
  readonly sectorSize: number
  /** Every checksum and signature is right, and every partition lies in the source. */
  readonly intact: boolean
  readonly partitions: readonly Partition[]
  readonly findings: readonly Finding[]
}

/** What the reader of one table collects. */
export interface TableDraft {
  readonly kind: PartitionTable["kind"]
  readonly sectorSize: number
  readonly partitions: Omit<Partition, "extent">[]
  readonly findings: Finding[]
}

/** Clips the partitions to the source, and says which ones that cost something. */
export function finishTable(draft: TableDraft, sourceSize: number): PartitionTable {
  const whole = extent(0, sourceSize)
  const findings = [...draft.findings]
  const inOrder = draft.partitions.sort((a, b) => a.index - b.index)
  const partitions = inOrder.map((partition): Partition => {
    const { declared, index } = partition
    if (endOf(declared) > sourceSize) {
      findings.push({
        code: "partition-past-end",
        severity: "damage",
        text: `partition ${index} at ${hexRange(declared)} ends past the ${sourceSize} bytes of the source`,
        extent: declared,
        evidence: { index },
      })
    }
    const inside = intersect(declared, whole)
    return { ...partition, extent: inside.length > 0 ? inside : extent(sourceSize, 0) }
  })
  const intact = findings.every(({ severity }) => severity !== "damage")
  return { kind: draft.kind, sectorSize: draft.sectorSize, intact, partitions, findings }
}
