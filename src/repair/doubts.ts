/** What is known of a volume and cannot be relied upon, with everything that was read of it. */
import { type Extent, hex, hexRange } from "../extents/extent.ts"
import type { Finding } from "../findings.ts"
import type { Judgement } from "./claims.ts"
import type { Conversion } from "./fact-claims.ts"

/** The facts that can be doubtful. */
export interface DoubtfulFacts {
  readonly version: number
  readonly volumeId: string
  /** State, next state, watermark and size of the log: they belong together. */
  readonly conversion: Conversion
  readonly sectorSize: number
  readonly headBackup: Extent
  readonly metadataOffsets: readonly number[]
  readonly areaSize: number
  readonly mftMirrorLcn: bigint
}
export type DoubtfulField = keyof DoubtfulFacts

export type Doubt = {
  [F in DoubtfulField]: {
    readonly field: F
    /** What was read, best first; the truth need not be among it. */
    readonly candidates: readonly DoubtfulFacts[F][]
    /** One sentence for a person. */
    readonly text: string
  }
}[DoubtfulField]

/** Doubts as a report shows them. */
export function doubtFindings(doubts: readonly Doubt[]): Finding[] {
  return doubts.map(({ field, text }) => ({
    code: "metadata-doubtful",
    // The identifier names the volume; no byte of it depends on that.
    severity: field === "volumeId" ? "notice" : "damage",
    text,
    evidence: { field },
  }))
}

const WHAT: Readonly<Record<DoubtfulField, string>> = {
  version: "the version of the metadata",
  volumeId: "the identifier of the volume",
  conversion: "how far the volume is encrypted",
  sectorSize: "the sector size",
  headBackup: "where the head of the volume is kept",
  metadataOffsets: "where all three metadata copies are",
  areaSize: "the size of the metadata areas",
  mftMirrorLcn: "the place of $MFTMirr",
}

export const DOUBTFUL_FIELDS = Object.keys(WHAT) as readonly DoubtfulField[]

const SHOW: { readonly [F in DoubtfulField]: (value: DoubtfulFacts[F]) => string } = {
  version: (version) => String(version),
  volumeId: (id) => id,
  conversion: ({ state, watermark }) => `state ${state} and watermark ${hex(watermark)}`,
  sectorSize: (size) => `${size} bytes`,
  headBackup: hexRange,
  metadataOffsets: (offsets) => offsets.map(hex).join(", "),
  areaSize: (size) => `${hex(size)} bytes`,
  mftMirrorLcn: (cluster) => `cluster ${cluster}`,
}

/** Enough for a person to see what the choice is between. */
const MOST_SHOWN = 3

export function doubt<F extends DoubtfulField>(field: F, candidates: readonly DoubtfulFacts[F][]): Doubt {
  const said = candidates.slice(0, MOST_SHOWN).map(SHOW[field]).join(" or ")
  const text =
    candidates.length === 0
      ? `${WHAT[field]} is lost: nothing that is left of the metadata tells it`
      : `${WHAT[field]} is doubtful: the metadata says ${said}, and neither a checksum nor anything else confirms it`
  return { field, candidates, text } as unknown as Doubt
}

export function headDoubt(starts: Judgement<number>, lengths: Judgement<number>): Doubt {
  const candidates = starts.candidates.flatMap((start) =>
    lengths.candidates.map((length) => ({ start, length })),
  )
  return doubt("headBackup", candidates)
}
