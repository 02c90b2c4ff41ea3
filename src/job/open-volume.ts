/** One volume of an input, read as far as no key is needed: its metadata copies, judged, and what they say. */
import type { Finding } from "../findings.ts"
import {
  AREA_SIZE,
  ConversionState,
  type Datum,
  type FveBootSector,
  type KeyBackup,
  type KeyProtector,
  type MetadataBlock,
  type VolumeFacts,
  parseDatums,
  parseMetadataBlock,
  readKeyProtectors,
} from "../fve/index.ts"
import { type VolumePlace, bootOf, startOf, surveyMetadata } from "../locate/index.ts"
import {
  type Account,
  type DisplacedBlock,
  type JudgedCopy,
  type Reconciled,
  reconcile,
} from "../repair/index.ts"
import type { ByteSource, SourceSpec } from "../source/byte-source.ts"
import { readBytes } from "../source/read-bytes.ts"
import type { LoadedKeyPackage } from "./load-key-packages.ts"
import { type OpenInput, sliceOf } from "./open-input.ts"
import { backupsOf } from "./open-key-backup.ts"

/** The sector size of nearly every disk, where neither metadata nor boot sector names one. */
const USUAL_SECTOR_SIZE = 512

export interface OpenVolume {
  readonly index: number
  readonly place: VolumePlace
  readonly source: ByteSource
  readonly spec: SourceSpec
  readonly reconciled: Reconciled
  readonly copies: readonly JudgedCopy[]
  /** Those that were given, of whatever volume. */
  readonly packages: readonly LoadedKeyPackage[]
  /** Those of them that are key backups. */
  readonly backups: readonly KeyBackup[]
  /** Absent when no copy could be parsed. */
  readonly metadata?: VolumeMetadata
}

export interface VolumeMetadata {
  /** Absent when no copy could be parsed: keys from elsewhere opened the volume, and its geometry was searched for. */
  readonly block?: MetadataBlock
  /** The best that is known; what of it is doubtful stands in the account. */
  readonly account: Account
  readonly facts: VolumeFacts
  readonly sectorSize: number
  readonly protectors: readonly KeyProtector[]
  readonly findings: readonly Finding[]
  readonly reconciled: Reconciled
}

export async function openVolume(
  input: OpenInput,
  place: VolumePlace,
  index: number,
  signal: AbortSignal,
  packages: readonly LoadedKeyPackage[] = [],
): Promise<OpenVolume> {
  const { source, spec } = sliceOf(input, place)
  const reconciled = reconcile({
    copies: await surveyMetadata(source, place.metadataOffsets, signal),
    packages,
    strays: await readStrays(input.source, place, signal),
    displaced: await readDisplaced(input.source, place, signal),
    ...(place.boot && { boot: place.boot }),
    sizes: [place.fullSize ?? source.size],
  })
  const metadata = readMetadata(reconciled)
  return {
    ...{ index, place, source, spec, reconciled },
    copies: reconciled.judged,
    packages,
    backups: backupsOf(packages),
    ...(metadata && { metadata }),
  }
}

/** Datums that a search met where no metadata block is any more. */
async function readStrays(
  source: ByteSource,
  { traces }: VolumePlace,
  signal: AbortSignal,
): Promise<Datum[]> {
  const strays: Datum[] = []
  for (const { at, size } of traces.strays) {
    const { bytes } = await readBytes(source, at, size, signal)
    strays.push(...parseDatums(bytes, 0, bytes.length, []))
  }
  return strays
}

/** Blocks that led to this volume, or to another start of it, and are no copy of it where it starts now. */
async function readDisplaced(
  source: ByteSource,
  place: VolumePlace,
  signal: AbortSignal,
): Promise<DisplacedBlock[]> {
  const displaced: DisplacedBlock[] = []
  for (const { trace } of place.traces.copies) {
    if (place.metadataOffsets.includes(trace.at - startOf(place))) continue
    const { bytes } = await readBytes(source, trace.at, AREA_SIZE, signal)
    const block = parseMetadataBlock(bytes)
    if (block) displaced.push({ at: trace.at, block })
  }
  return displaced
}

function readMetadata(reconciled: Reconciled): VolumeMetadata | undefined {
  const { block, account, findings } = reconciled
  if (!block || !account) return undefined
  const protectors = protectorsOf(reconciled, block)
  return { block, ...knownFacts(account, reconciled), protectors, findings, reconciled }
}

/** The facts of an account, before or after it was settled. */
export function knownFacts(
  account: Account,
  { evidence }: Reconciled,
): Pick<VolumeMetadata, "account" | "facts" | "sectorSize"> {
  const { facts } = account
  return { account, facts, sectorSize: facts.sectorSize ?? (evidence.boot?.sectorSize || USUAL_SECTOR_SIZE) }
}

/** Of a proven block its own; else one version of each that was found. */
function protectorsOf({ proof, material }: Reconciled, block: MetadataBlock): KeyProtector[] {
  if (proof === "crc") return readKeyProtectors(block.dataset)
  const found = material.protectors.filter(({ mayBeForeign }) => !mayBeForeign)
  return found.filter(({ id }, i) => found.findIndex((other) => other.id === id) === i)
}

/**
 * The boot sector, as far as the metadata bear it out. Vista's and later ones are not mistaken for each other by damage: one
 * of the other kind was written over the volume's own.
 */
export function bootSectorOf(
  place: VolumePlace,
  metadata: Pick<VolumeMetadata, "facts"> | undefined,
): { readonly boot: FveBootSector; readonly isItsOwn: boolean } {
  const boot = bootOf(place)
  const isVista = metadata ? metadata.facts.version === 1 : boot.layout === "vista"
  if (isVista === (boot.layout === "vista")) return { boot, isItsOwn: place.boot !== undefined }
  const { boot: _, traces, ...rest } = place
  const { boot: __, ...others } = traces
  const layout = isVista ? "vista" : traces.toGoBackup ? "to-go" : "windows7"
  return { boot: { ...bootOf({ ...rest, traces: others }), layout }, isItsOwn: false }
}

/** Nothing on the volume is encrypted: it has no key, and needs none. */
export function isDecrypted({ facts, account, protectors }: VolumeMetadata): boolean {
  if (facts.hasFvek || facts.methodNumber !== 0) return false
  const isDoubtful = account.doubts.some(({ field }) => field === "conversion")
  return !isDoubtful || (protectors.length === 0 && facts.state === ConversionState.decrypted)
}
