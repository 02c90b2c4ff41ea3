/** Traces of other volumes on the same disk, which must never be taken for the volume's own. */
import { startsWithLatin1 } from "../../src/bytes/compare.ts"
import { endOf, type Extent, extent, intersect, subtractExtents } from "../../src/extents/extent.ts"
import {
  BOOT_SECTOR_SIZE,
  CONVERSION_LOG_SIGNATURE,
  EOW_BITMAP_SIGNATURE,
  EOW_SIGNATURE,
  recogniseBootSector,
  serializeFveBootSector,
} from "../../src/fve/index.ts"
import { forge } from "../forge/forge.ts"
import { freeRoom } from "../forge/free-room.ts"
import type { EowConversion } from "../forge/recipe.ts"
import { mbrSector, type NewPartition } from "../suites/partition-writer.ts"
import { storedBytes, type Victim, withBytes } from "./victim.ts"
import { forgeStranger, forgeVolume, freeOf, plaintextOf, recipeOf, type VolumeName } from "./volumes.ts"

/** Clusters that no file uses and in which the volume keeps nothing of its own. */
function unusedExtents({ name, volume }: Victim): Extent[] {
  const own = [...volume.zeroed, ...(volume.extraRegion ? [volume.extraRegion] : [])]
  return freeOf(name).flatMap((hole) => subtractExtents(hole, own))
}

/** The disk was encrypted before, with other keys and other places; used-space-only encryption left the free clusters. */
export async function leaveGeneration(victim: Victim): Promise<Victim> {
  const { name } = victim
  const free = unusedExtents(victim)
  const older = await forge(plaintextOf(name), { ...recipeOf(name), free, seed: 5 })
  return free.reduce(
    (before, hole) => withBytes(before, hole.start, older.image.subarray(hole.start, endOf(hole))),
    victim,
  )
}

export async function layForeignCopies(victim: Victim): Promise<Victim> {
  const stranger = await forgeStranger()
  const room = freeRoom(unusedExtents(victim))
  return stranger.metadataOffsets.reduce((before, offset) => {
    const at = room.take(stranger.areaSize, 4096, victim.volume.size / 2)
    return withBytes(before, at, stranger.image.subarray(offset, offset + stranger.areaSize))
  }, victim)
}

/** The first sector is another volume's: a restored backup, or a cloning tool that took the wrong one. */
export async function layBootSector(victim: Victim, { of }: { readonly of: VolumeName }): Promise<Victim> {
  const { image } = await forgeVolume(of)
  return withBytes(victim, 0, image.slice(0, BOOT_SECTOR_SIZE))
}

/** The first sectors of a file system in plaintext, where the volume keeps its own, encrypted. */
export function layFileSystem(victim: Victim): Victim {
  const { headBackup } = victim.volume
  return headBackup ? withBytes(victim, headBackup.start, plaintextOf("Vista").slice(0, 0x2000)) : victim
}

/** A copy of the metadata in free space, where none belongs: shadow copies and virtual disks hold such. */
export function displaceCopy(victim: Victim): Victim {
  const { areaSize, metadataOffsets, size } = victim.volume
  const at = freeRoom(unusedExtents(victim)).take(areaSize, 4096, size / 5)
  return withBytes(victim, at, storedBytes(victim, extent(metadataOffsets[0]!, areaSize)))
}

const DECRYPTED_ON_WRITE: EowConversion = {
  kind: "eow",
  direction: "decrypting",
  progress: [1],
  chunkSize: 0x10000,
  regionSize: 0x200000,
}

/** An earlier conversion decrypted all of the volume; its structures lie in free space, and the boot sector names them. */
export async function leaveConversion(victim: Victim): Promise<Victim> {
  const { name, volume } = victim
  const older = await forge(plaintextOf(name), {
    ...recipeOf(name),
    free: unusedExtents(victim),
    conversion: DECRYPTED_ON_WRITE,
    seed: 5,
  })
  const boot = recogniseBootSector(older.image)!
  const fields = { trackSectorCount: 63, headCount: 255, metadataOffsets: volume.metadataOffsets }
  const named = serializeFveBootSector({ ...boot, ...fields })
  const isOfConversion = ({ bytes }: { readonly bytes: Uint8Array }): boolean =>
    [EOW_SIGNATURE, EOW_BITMAP_SIGNATURE, CONVERSION_LOG_SIGNATURE].some((mark) =>
      startsWithLatin1(bytes, mark),
    )
  return older.overlays
    .filter(isOfConversion)
    .reduce((before, { at, bytes }) => withBytes(before, at, bytes), withBytes(victim, 0, named))
}

const TRACK = 63 * 512

/** Where sectors are stored in plaintext; in front of a volume that has no such place. */
export async function layVirtualDisk(victim: Victim): Promise<Victim> {
  const stranger = await forgeStranger()
  const disk = new Uint8Array(TRACK + stranger.size)
  const partition: NewPartition = { extent: extent(TRACK, stranger.size), type: "0x07" }
  disk.set(mbrSector(512, [partition]))
  disk.set(stranger.image, TRACK)
  const plain = unusedExtents(victim).flatMap((hole) =>
    victim.volume.storedPlain.map((part) => intersect(hole, part)),
  )
  const fits = plain.some(({ length }) => length >= disk.length + 4096)
  const at = fits ? freeRoom(plain).take(disk.length, 4096, victim.volume.size) : -victim.start + 4096
  return withBytes(victim, at, disk)
}
