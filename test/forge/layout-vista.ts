/** Windows Vista: NTFS with the first 16 sectors in plaintext, two fields of the boot sector changed, and no backup. */
import { startsWithLatin1 } from "../../src/bytes/compare.ts"
import { type Extent, extent, extentBetween, mergeExtents } from "../../src/extents/extent.ts"
import {
  BiosParameters,
  ConversionState,
  serializeMetadataBlock,
  serializeVistaBootSector,
  VistaSector,
} from "../../src/fve/index.ts"
import type { Blueprint, Overlay, PlaintextImage } from "./blueprint.ts"
import { forgeDataset, forgeKeys } from "./dataset.ts"
import { freeRoom } from "./free-room.ts"
import type { Recipe } from "./recipe.ts"

const PLAIN_HEAD = 0x2000
const SMALLEST_AREA = 0x4000
const SECTOR = 512

export async function drawVista(
  image: PlaintextImage,
  recipe: Recipe,
  free: readonly Extent[],
): Promise<Blueprint> {
  const ntfs = VistaSector.parse(image.read(0, SECTOR))
  const clusterSize = ntfs.bios.sectorSize * ntfs.bios.clusterSectorCount
  const areaSize = Math.ceil(SMALLEST_AREA / clusterSize) * clusterSize
  const room = freeRoom(free)
  const metadataOffsets = [1, 2, 3].map((i) => room.take(areaSize, clusterSize, (i / 4) * image.size))
  const { conversion = { kind: "encrypted" } } = recipe
  const watermark = conversion.kind === "watermark" ? conversion.at : 0
  const lastAt = image.size - SECTOR
  const hasBackupSector = startsWithLatin1(
    image.read(lastAt, SECTOR),
    "NTFS",
    BiosParameters.offsetOf("signature"),
  )
  const dataset = await forgeDataset(recipe)
  const block = serializeMetadataBlock({
    header: {
      version: 1,
      state: watermark ? ConversionState.paused : ConversionState.encrypted,
      nextState: ConversionState.encrypted,
      watermark: BigInt(watermark),
      logSize: 0,
      headSectorCount: 0,
      copyOffsets: metadataOffsets.map(BigInt),
      headBackup: ntfs.metadataLcn,
    },
    dataset: dataset.fields,
    datums: dataset.datums,
    areaSize,
    hash: dataset.hash,
  })
  const lcn = BigInt(metadataOffsets[0]! / clusterSize)
  const bootAt = (at: number): Overlay => ({
    at,
    bytes: serializeVistaBootSector(image.read(at, SECTOR), lcn),
  })
  return {
    size: image.size,
    sectorSize: SECTOR,
    method: recipe.method,
    metadataOffsets,
    areaSize,
    zeroed: mergeExtents(metadataOffsets.map((at) => extent(at, areaSize))),
    storedPlain: mergeExtents([
      extent(0, PLAIN_HEAD),
      ...(watermark ? [extentBetween(watermark, image.size)] : []),
      ...(hasBackupSector ? [extent(lastAt, SECTOR)] : []),
    ]),
    overlays: [
      bootAt(0),
      ...(hasBackupSector ? [bootAt(lastAt)] : []),
      ...metadataOffsets.map((at) => ({ at, bytes: block })),
    ],
    trimmed: recipe.trimmed ?? [],
    ...forgeKeys(recipe),
    protectors: dataset.protectors,
  }
}
