/** Traces of other volumes on the same disk, which must never be taken for the volume's own. */
import { endOf, type Extent, extent, intersect, subtractExtents } from "../../src/extents/extent.ts"
import { forge } from "../forge/forge.ts"
import { freeRoom } from "../forge/free-room.ts"
import { mbrSector, type NewPartition } from "../suites/partition-writer.ts"
import { type Victim, withBytes } from "./victim.ts"
import { forgeStranger, freeOf, plaintextOf, recipeOf } from "./volumes.ts"

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
