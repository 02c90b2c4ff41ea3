/** What is known of the volumes of the corpus; positions are hexadecimal text, as people compare them. */
import { readFileSync } from "node:fs"
import type { BootLayout, ProtectorKind } from "../../src/fve/index.ts"

export interface CorpusVolume {
  readonly name: string
  /** null when nothing is encrypted. */
  readonly method: number | null
  readonly sectorSize: number
  readonly version: number
  readonly state: number
  readonly nextState: number
  readonly layout: BootLayout
  readonly protectors: readonly ProtectorKind[]
  readonly metadataOffsets: readonly string[]
  readonly watermark: string
  readonly headBackup?: { readonly start: string; readonly length: string }
  readonly mftMirrorLcn?: string
  readonly extensionFlags?: string
  readonly osBuild?: string
  readonly fvek?: string
}

const file = new URL("corpus-volumes.json", import.meta.url)

export const corpusVolumes = (JSON.parse(readFileSync(file, "utf8")) as { volumes: readonly CorpusVolume[] })
  .volumes
