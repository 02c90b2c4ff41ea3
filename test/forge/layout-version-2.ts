/** Volumes of Windows 7 and later: the head of the volume moved to a backup, something else in its place. */
import { alignUp, type Extent, extent, mergeExtents, subtractExtents } from "../../src/extents/extent.ts"
import { startsWithLatin1 } from "../../src/bytes/compare.ts"
import { AREA_SIZE, BiosParameters, BOOT_SECTOR_SIZE, serializeMetadataBlock } from "../../src/fve/index.ts"
import type { Blueprint, PlaintextImage } from "./blueprint.ts"
import { drawConversion } from "./conversion.ts"
import { forgeDataset, forgeKeys } from "./dataset.ts"
import { freeRoom } from "./free-room.ts"
import type { Recipe } from "./recipe.ts"

/** What stands in place of the volume's head. */
export interface Front {
  /** Bytes of the head that move to the backup. */
  readonly length: number
  /** More flags of the virtualization info's extension. */
  readonly flags: bigint
  /** The stored bytes of the head. */
  draw(metadataOffsets: readonly number[], eowOffsets: readonly number[] | undefined): Uint8Array
}

/** Shares of the volume near which Windows puts the copies. */
const COPIES_NEAR = [1 / 3, 0.44, 0.55]

export async function drawVersion2(
  image: PlaintextImage,
  recipe: Recipe,
  free: readonly Extent[],
  front: Front,
): Promise<Blueprint> {
  const { sectorSize = 512 } = recipe
  const alignment = Math.max(sectorSize, clusterSizeOf(image))
  const room = freeRoom(free.flatMap((hole) => subtractExtents(hole, [extent(0, front.length)])))
  const near = (i: number): number => alignUp(Math.floor(COPIES_NEAR[i]! * image.size), alignment)
  const isWindows7 = recipe.layout === "windows7"
  // Windows 8 and later: copy 1, the backup and the extra region lie side by side.
  const besides = isWindows7 ? 0 : alignUp(front.length, alignment) + AREA_SIZE
  const first = room.take(AREA_SIZE + besides, alignment, near(0))
  const metadataOffsets = [first, ...[1, 2].map((i) => room.take(AREA_SIZE, alignment, near(i)))]
  const backupAt = isWindows7 ? room.take(front.length, alignment, near(1)) : first + AREA_SIZE
  const headBackup = extent(backupAt, front.length)
  const extraRegion = isWindows7 ? undefined : extent(alignUp(backupAt + front.length, alignment), AREA_SIZE)
  const metadata = metadataOffsets.map((at) => extent(at, AREA_SIZE))
  const keys = forgeKeys(recipe)
  const conversion = drawConversion({
    image,
    recipe,
    sectorSize,
    room,
    alignment,
    headBackup,
    metadata,
    ...(keys && { fvek: keys.fvek }),
  })
  const dataset = await forgeDataset(recipe, {
    headBackup,
    ...(extraRegion && { extraRegion }),
    sectorSize,
    flags: conversion.flags | front.flags,
  })
  const block = serializeMetadataBlock({
    header: {
      version: 2,
      state: conversion.state,
      nextState: conversion.nextState,
      watermark: BigInt(conversion.watermark),
      logSize: conversion.logSize,
      headSectorCount: front.length / sectorSize,
      copyOffsets: metadataOffsets.map(BigInt),
      headBackup: BigInt(backupAt),
    },
    dataset: dataset.fields,
    datums: dataset.datums,
    areaSize: AREA_SIZE,
    hash: dataset.hash,
  })
  return {
    size: image.size,
    sectorSize,
    method: recipe.method,
    metadataOffsets,
    areaSize: AREA_SIZE,
    headBackup,
    ...(extraRegion && { extraRegion }),
    zeroed: mergeExtents([...metadata, headBackup, ...conversion.zeroed]),
    storedPlain: conversion.storedPlain,
    overlays: [
      { at: 0, bytes: front.draw(metadataOffsets, conversion.eowOffsets) },
      ...metadataOffsets.map((at) => ({ at, bytes: block })),
      ...conversion.overlays,
    ],
    trimmed: recipe.trimmed ?? [],
    ...keys,
    protectors: dataset.protectors,
  }
}

/** Clusters of NTFS lie at multiples of their size from the start of the volume; those of FAT and exFAT do not. */
function clusterSizeOf(image: PlaintextImage): number {
  const boot = image.read(0, BOOT_SECTOR_SIZE)
  const bios = BiosParameters.parse(boot)
  return startsWithLatin1(boot, "NTFS", BiosParameters.offsetOf("signature"))
    ? bios.sectorSize * bios.clusterSectorCount
    : 1
}
