/** A geometry that was searched for, in the form in which metadata tell theirs: what a volume is planned with. */
import { methodFacts } from "../crypto/method.ts"
import { AREA_SIZE, type BootLayout, type FveBootSector, type VolumeFacts } from "../fve/index.ts"
import { hex, hexRange } from "../extents/extent.ts"
import type { Finding } from "../findings.ts"
import type { DoubtfulField } from "./doubts.ts"
import { VISTA_AREA_SIZE } from "./search-geometry-vista.ts"
import type { FoundGeometry } from "./search-geometry.ts"

/** The state is what no search can tell: its number is none of the format, so the sectors have to decide. */
const UNKNOWN_STATE = 0

export interface GeometryFacts {
  readonly facts: VolumeFacts
  /** Not one that was on the disk: the layout, and what else a plan asks a boot sector for. */
  readonly boot: FveBootSector
  readonly sectorSize: number
}

export function factsOfGeometry(found: FoundGeometry): GeometryFacts {
  const sectorSize = found.sectorSize.value
  const { method } = found.keys.value
  const layout = found.layout.value
  const isVista = layout === "vista"
  const metadataOffsets = found.metadataOffsets.value
  const clusterSize = found.fileSystem?.clusterSize ?? 0
  return {
    sectorSize,
    facts: {
      volumeId: "",
      version: isVista ? 1 : 2,
      state: UNKNOWN_STATE,
      nextState: UNKNOWN_STATE,
      watermark: 0,
      method,
      methodNumber: method,
      hasFvek: true,
      sectorSize,
      headSectorCount: found.headLength.value / sectorSize,
      ...(found.headBackup && { headBackup: found.headBackup.value }),
      ...(found.mftMirrorLcn && { mftMirrorLcn: found.mftMirrorLcn.value }),
      metadataOffsets,
      areaSize: isVista ? VISTA_AREA_SIZE : AREA_SIZE,
      nonceCounter: 0,
    },
    boot: {
      layout,
      sectorSize,
      clusterSectorCount: clusterSize / sectorSize,
      hiddenSectorCount: Math.max(0, found.volumeStart.value) / sectorSize,
      metadataOffsets,
      eowOffsets: [],
    },
  }
}

type FactName = Exclude<keyof FoundGeometry, "doubtful" | "fileSystem">
type ValueOf<K extends FactName> = NonNullable<FoundGeometry[K]>["value"]

const LAYOUTS: Readonly<Record<BootLayout, string>> = {
  vista: "of Windows Vista",
  windows7: "of Windows 7 and later",
  eow: "of a conversion on write",
  "to-go": "of BitLocker To Go",
}

/** Each fact with its value, as a sentence begins. */
const SENTENCES: { readonly [K in FactName]: (value: ValueOf<K>) => string } = {
  keys: ({ method }) => `encryption method ${methodFacts(method).name}`,
  sectorSize: (size) => `sector size ${size} bytes`,
  volumeStart: (at) => `start of the volume ${hex(at)}`,
  volumeSize: (size) => `size of the volume ${size} bytes`,
  layout: (layout) => `layout ${LAYOUTS[layout]}`,
  headBackup: (place) => `place of the head ${hexRange(place)}`,
  headLength: (length) => `length of the head ${length} bytes`,
  metadataOffsets: (offsets) => `places of the metadata ${offsets.map(hex).join(", ") || "unknown"}`,
  mftMirrorLcn: (cluster) => `place of $MFTMirr cluster ${cluster}`,
}

/**
 * Every fact with its reason; what is doubtful about it as damage, since a wrong guess would make wrong bytes.
 * @param missed what the metadata did not tell: a person reads what came in its place, however well it is proven
 */
export function geometryFindings(found: FoundGeometry, missed: readonly DoubtfulField[] = []): Finding[] {
  const facts = (Object.keys(SENTENCES) as FactName[]).flatMap((field): Finding[] => {
    const fact = found[field]
    if (!fact) return []
    const { value, confidence, evidence } = fact
    const sentence = (SENTENCES[field] as (value: unknown) => string)(value)
    const isUnsurprising = confidence === "proven" && !missed.some((other) => other === field)
    return [
      {
        code: "geometry-searched",
        severity: isUnsurprising ? "good" : "notice",
        text: `${sentence}, ${confidence}: ${evidence}`,
        evidence: { field, confidence },
      },
    ]
  })
  const doubts = found.doubtful.map((e): Finding => ({
    code: "storage-undecidable",
    severity: "damage",
    text: `nobody knows whether ${hexRange(e)} belongs to the head or is stored in place`,
    extent: e,
  }))
  return [...facts, ...doubts]
}
