/** A geometry that was searched for, in the form in which metadata tell theirs: what a volume is planned with. */
import { AREA_SIZE, type FveBootSector, type VolumeFacts } from "../fve/index.ts"
import { hexRange } from "../extents/extent.ts"
import type { Finding } from "../findings.ts"
import { VISTA_AREA_SIZE } from "./search-geometry-vista.ts"
import type { Found, FoundGeometry } from "./search-geometry.ts"

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

const NAMES = {
  keys: "encryption method",
  sectorSize: "sector size",
  volumeStart: "start of the volume",
  volumeSize: "size of the volume",
  layout: "layout",
  headBackup: "place of the head",
  headLength: "length of the head",
  metadataOffsets: "places of the metadata",
  mftMirrorLcn: "place of $MFTMirr",
} as const

/** Every fact with its reason; what is doubtful about it as damage, since a wrong guess would make wrong bytes. */
export function geometryFindings(found: FoundGeometry): Finding[] {
  const facts = Object.entries(NAMES).flatMap(([field, name]): Finding[] => {
    const fact = found[field as keyof typeof NAMES] as Found<unknown> | undefined
    if (!fact) return []
    const { confidence, evidence } = fact
    return [
      {
        code: "geometry-searched",
        severity: confidence === "proven" ? "good" : "notice",
        text: `${name}, ${confidence}: ${evidence}`,
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
