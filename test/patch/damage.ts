/** The injuries that an in-place repair heals, as functions from an image to a damaged copy of it. */
import { seededRandom } from "../forge/random.ts"
import type { ForgedVolume } from "../forge/forge.ts"

export type Injury = (volume: ForgedVolume) => Uint8Array

const changed = ({ image }: ForgedVolume, change: (image: Uint8Array) => void): Uint8Array => {
  const copy = image.slice()
  change(copy)
  return copy
}

const BOOT_SECTOR = 512

export const bootSectorZeroed: Injury = (volume) => changed(volume, (image) => image.fill(0, 0, BOOT_SECTOR))

export const bootSectorRandom: Injury = (volume) =>
  changed(volume, (image) => image.set(seededRandom(7).bytes(BOOT_SECTOR)))

/** Of the layouts with a GUID: each offset that follows it is off by a sector. Vista's one names another cluster. */
export const bootSectorWrongOffsets: Injury = (volume) =>
  changed(volume, (image) => {
    const view = new DataView(image.buffer, image.byteOffset)
    for (let at = 0; at < BOOT_SECTOR - 8; at += 8) {
      const value = Number(view.getBigUint64(at, true))
      if (volume.metadataOffsets.includes(value))
        view.setBigUint64(at, BigInt(value + volume.sectorSize), true)
    }
    if (volume.areaSize < 0x10000) view.setBigUint64(0x38, view.getBigUint64(0x38, true) + 3n, true)
  })

/** @param copies from 1 */
export function copiesDestroyed(...copies: readonly number[]): Injury {
  return (volume) =>
    changed(volume, (image) => {
      for (const copy of copies) {
        image.set(seededRandom(copy).bytes(volume.areaSize), volume.metadataOffsets[copy - 1])
      }
    })
}

export function together(...injuries: readonly Injury[]): Injury {
  return (volume) => injuries.reduce((image, injury) => injury({ ...volume, image }), volume.image)
}

/** The first sectors of the head in its backup. */
export const headBackupDestroyed: Injury = (volume) =>
  changed(volume, (image) => {
    const { start } = volume.headBackup!
    image.set(seededRandom(9).bytes(volume.sectorSize), start)
  })
