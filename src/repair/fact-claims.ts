/**
 * Who says what of a volume. Nearly every fact stands in two structures of a metadata block, or follows from another one;
 * each function gathers the claims for one fact, and leaves out values that cannot be.
 */
import { byteOffset } from "../bytes/byte-offset.ts"
import { alignUp } from "../extents/extent.ts"
import {
  AREA_SIZE,
  type BootLayout,
  ConversionState,
  DatumRole,
  type FveBootSector,
  InformationHeader,
  type MetadataBlock,
  UNIT_OF_VERSION_2,
  ValidationHeader,
  type Virtualization,
  readVirtualization,
} from "../fve/index.ts"
import type { Claim } from "./claims.ts"
import { AREA_SIZES, findValidation } from "./salvage-block.ts"
import type { MetadataEvidence, Witness } from "./witnesses.ts"

export interface Conversion {
  readonly state: number
  readonly nextState: number
  readonly watermark: number
  readonly logSize: number
}

const SECTOR_SIZES: ReadonlySet<number> = new Set([512, 1024, 2048, 4096])
/** Head of a fixed volume, at either sector size. */
const USUAL_HEAD = 0x2000

type Claims<T> = Claim<T>[]

function claim<T>(side: string, value: T | undefined, isPossible = true): Claims<T> {
  return value !== undefined && isPossible ? [{ value, side }] : []
}

const virtualizationOf = ({ dataset }: MetadataBlock): Virtualization => readVirtualization(dataset)

export function versionClaims(blocks: readonly MetadataBlock[], boot?: FveBootSector): Claims<number> {
  return [
    ...blocks.flatMap((block) => {
      const { header, dataset } = block
      const end = alignUp(InformationHeader.size + dataset.header.end, UNIT_OF_VERSION_2)
      const bySize = { [header.size]: 1, [header.size * UNIT_OF_VERSION_2]: 2 }[end]
      return [
        ...claim("header", header.version),
        ...claim("sizes", bySize),
        ...claim("validation block", validationOf(block)?.version),
        ...claim("virtualization info", virtualizationOf(block).info && 2),
      ]
    }),
    ...claim("boot sector", boot && (boot.layout === "vista" ? 1 : 2)),
  ].filter(({ value }) => value === 1 || value === 2)
}

export function volumeIdClaims(
  blocks: readonly MetadataBlock[],
  { packages = [] }: MetadataEvidence,
): Claims<string> {
  return [
    ...blocks.flatMap(({ dataset }) => claim("dataset header", dataset.header.id)),
    ...packages.flatMap(({ volumeId }) => claim("key package", volumeId)),
  ]
}

export function conversionClaims(
  blocks: readonly MetadataBlock[],
  { sizes = [] }: MetadataEvidence,
  version: number,
): Claims<Conversion> {
  return blocks.flatMap(({ header, dataset }) => {
    const { state, nextState, logSize } = header
    const watermark = byteOffset(header.watermark)
    if (watermark === undefined || state < 1 || state > ConversionState.convertingWithoutLog) return []
    const value = { state, nextState, watermark, logSize }
    const isSettled = state === nextState && logSize === 0
    const isFull = isSettled && state === ConversionState.encrypted
    const hasNoKeys = !dataset.datums.some(
      ({ role }) => role === DatumRole.fvek || role === DatumRole.keyProtector,
    )
    return [
      ...claim("header", value),
      ...claim("size of the volume", value, isFull && version === 2 && sizes.includes(watermark)),
      ...claim("version", value, isFull && version === 1 && watermark === 0),
      ...claim(
        "no keys",
        value,
        isSettled && state === ConversionState.decrypted && watermark === 0 && hasNoKeys,
      ),
    ]
  })
}

export function sectorSizeClaims(
  blocks: readonly MetadataBlock[],
  boot?: FveBootSector,
  version?: number,
): Claims<number> {
  return [
    ...blocks.flatMap((block) => {
      const { info, extension } = virtualizationOf(block)
      const ratio = info && Number(info.backupSize) / block.header.headSectorCount
      // Nothing before Windows 8 knows other sectors.
      const isOld = version === 1 || (info !== undefined && extension === undefined)
      return [
        ...claim("virtualization info", extension?.sectorSize),
        ...claim("head", ratio),
        ...claim("age", isOld ? 512 : undefined),
      ]
    }),
    ...claim("boot sector", boot?.sectorSize),
  ].filter(({ value }) => SECTOR_SIZES.has(value))
}

export function headStartClaims(blocks: readonly MetadataBlock[]): Claims<number> {
  return blocks
    .flatMap((block) => {
      const { info, extension } = virtualizationOf(block)
      return [
        ...claim("virtualization info", info && byteOffset(info.backupOffset)),
        ...claim("header", byteOffset(block.header.headBackup)),
        // The extra region follows upon the backup, at the next cluster.
        ...claim(
          "extra region",
          extension && startBefore(byteOffset(extension.extraOffset), info?.backupSize),
        ),
      ]
    })
    .filter(({ value }) => isPlace(value))
}

function startBefore(end: number | undefined, length: bigint | undefined): number | undefined {
  return end === undefined || length === undefined ? undefined : end - Number(length)
}

export function headLengthClaims(
  blocks: readonly MetadataBlock[],
  sectorSize: number,
  layout?: BootLayout,
): Claims<number> {
  return [
    ...blocks.flatMap((block) => {
      const { info } = virtualizationOf(block)
      return [
        ...claim("virtualization info", info && byteOffset(info.backupSize)),
        ...claim("header", block.header.headSectorCount * sectorSize),
      ]
    }),
    ...claim("boot sector", layout === "windows7" || layout === "eow" ? USUAL_HEAD : undefined),
  ].filter(({ value }) => isPlace(value))
}

/** Of the copy in one slot. Where a copy was found one is, unless a header says that the slot is elsewhere. */
export function offsetClaims(
  blocks: readonly MetadataBlock[],
  own: readonly Witness[],
  boot: FveBootSector | undefined,
  slot: number,
): Claims<number> {
  const found = own.find(({ copy, block }) => copy?.copy === slot + 1 && block !== undefined)?.copy?.offset
  const named = blocks
    .flatMap(({ header }) => claim("header", byteOffset(header.copyOffsets[slot]!)))
    .filter(({ value }) => isPlace(value))
  const isAgreed = named.every(({ value }) => value === found)
  return [
    ...claim("place", found),
    ...claim("no other place", found, isAgreed),
    ...named,
    // It is by the boot sector that a copy is found: no second witness.
    ...claim("boot sector", boot?.metadataOffsets[slot], found === undefined),
  ]
}

export function areaSizeClaims(
  blocks: readonly MetadataBlock[],
  boot: FveBootSector | undefined,
  version: number,
): Claims<number> {
  if (version !== 1) return [...claim("version", AREA_SIZE), ...claim("format", AREA_SIZE)]
  const cluster = boot ? boot.clusterSectorCount * boot.sectorSize : 0
  return [
    ...blocks.flatMap((block) => claim("validation block", validationOf(block)?.end)),
    ...claim("clusters", cluster > 0 ? alignUp(SMALLEST_AREA, cluster) : undefined),
  ].filter(({ value }) => AREA_SIZES.includes(value))
}
const SMALLEST_AREA = 0x4000

export function mftMirrorClaims(blocks: readonly MetadataBlock[]): Claims<bigint> {
  return blocks.flatMap(({ header }) => claim("header", header.headBackup))
}

/** Its version, and where its area ends by its account; found by itself where the header does not lead to it. */
function validationOf({
  bytes,
  infoSize,
  validation,
}: MetadataBlock): { version: number; end: number } | undefined {
  const found = findValidation(bytes)
  const { version, size } =
    found === undefined ? (validation?.header ?? NONE) : ValidationHeader.parse(bytes, found)
  return { version, end: (found ?? infoSize) + size }
}
const NONE = { version: 0, size: 0 }

function isPlace(position: number): boolean {
  return position > 0 && position % 512 === 0
}
