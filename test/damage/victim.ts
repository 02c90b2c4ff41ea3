/** A volume in the image that holds it, damaged by one injury after the other. Injuries make new victims: none is changed. */
import { endOf, type Extent, extent, intersect } from "../../src/extents/extent.ts"
import type { ForgedVolume } from "../forge/forge.ts"
import type { SeededRandom } from "../forge/random.ts"
import { diskOf, gptPieces, mbrPieces } from "../suites/partition-writer.ts"
import type { VolumeName } from "./volumes.ts"

export interface Victim {
  readonly name: VolumeName
  readonly volume: ForgedVolume
  /** What is given to the program: the volume, or a disk with it. */
  readonly input: Uint8Array
  /** Where the volume begins in it; negative when its head was cut off. */
  readonly start: number
}

/** How the volume lies on a disk. */
export interface DiskRecipe {
  readonly table: "mbr" | "gpt" | "none"
  readonly start: number
}

/** Room for a GPT backup, and for a little that is nobody's. */
const BEHIND = 1 << 20
const BASIC_DATA = "EBD0A0A2-B9E5-4433-87C0-68B6B72699C7"
export const PARTITION_TYPE = { mbr: "0x07", gpt: BASIC_DATA } as const

export function layOnDisk(name: VolumeName, volume: ForgedVolume, disk?: DiskRecipe): Victim {
  if (!disk) return { name, volume, input: volume.image.slice(), start: 0 }
  const { table, start } = disk
  const size = start + volume.size + BEHIND
  const input = diskOf(size, [
    ...(table === "none" ? [] : tablePieces(table, size, volume, start)),
    { at: start, bytes: volume.image },
  ])
  return { name, volume, input, start }
}

/** The table of a disk on which the volume begins at `start`. */
export function tablePieces(
  table: "mbr" | "gpt",
  diskSize: number,
  { size, sectorSize }: ForgedVolume,
  start: number,
): readonly { readonly at: number; readonly bytes: Uint8Array }[] {
  const partition = { extent: extent(start, size), type: PARTITION_TYPE[table] }
  return table === "mbr" ? mbrPieces(sectorSize, [partition]) : gptPieces(diskSize, sectorSize, [partition])
}

/** The part of the volume that the input holds, in positions of the volume. */
export function heldExtent({ volume, input, start }: Victim): Extent {
  return intersect(extent(0, volume.size), extent(-start, input.length))
}

export type Filling = "zeros" | "random"

/** With those parts of the volume overwritten. */
export function overwrite(
  victim: Victim,
  parts: readonly Extent[],
  filling: Filling,
  random: SeededRandom,
): Victim {
  const bytesFor = (part: Extent): Uint8Array =>
    filling === "zeros" ? new Uint8Array(part.length) : random.bytes(part.length)
  return parts.reduce((before, part) => withBytes(before, part.start, bytesFor(part)), victim)
}

/** With these bytes from that position of the volume on, as far as the input holds it. */
export function withBytes(victim: Victim, at: number, bytes: Uint8Array): Victim {
  const input = victim.input.slice()
  const held = intersect(extent(victim.start + at, bytes.length), extent(0, input.length))
  const skipped = held.start - (victim.start + at)
  input.set(bytes.subarray(skipped, skipped + held.length), held.start)
  return { ...victim, input }
}

/** What the input now holds of a part of the volume. */
export function storedBytes({ input, start }: Victim, part: Extent): Uint8Array {
  return input.slice(start + part.start, start + endOf(part))
}
