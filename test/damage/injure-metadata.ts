/** Injuries of boot sectors and metadata copies that are more than bytes overwritten. */
import { crc32 } from "../../src/bytes/crc32.ts"
import { u16, u32, viewOf } from "../../src/bytes/struct.ts"
import { extent } from "../../src/extents/extent.ts"
import {
  BOOT_SECTOR_SIZE,
  DatumHeader,
  InformationHeader,
  recogniseBootSector,
  serializeVistaBootSector,
  ValidationHeader,
} from "../../src/fve/index.ts"
import { blockOf, findPart } from "./parts.ts"
import { storedBytes, type Victim, withBytes } from "./victim.ts"
import { forgeVolume, PROTECTORS } from "./volumes.ts"

export function repeatDamage(
  victim: Victim,
  { from, to }: { readonly from: number; readonly to: readonly number[] },
): Victim {
  const bytes = storedBytes(victim, findPart(victim.volume, `copy ${from}`)[0]!)
  return to.reduce((before, copy) => withBytes(before, offsetOf(before, copy), bytes), victim)
}

export function breakDatumSize(
  victim: Victim,
  {
    datum,
    copies,
    size,
  }: { readonly datum: string; readonly copies: readonly number[]; readonly size: number },
): Victim {
  const field = new Uint8Array(u16("").size)
  u16("").set(viewOf(field), 0, size)
  const places = copies.flatMap((copy) => findPart(victim.volume, `${datum} of copy ${copy}`))
  return places.reduce(
    (before, { start }) => withBytes(before, start + DatumHeader.offsetOf("size"), field),
    victim,
  )
}

/** As if a program had written the copies as they are now. */
export function makeCrcRight(victim: Victim): Victim {
  const { infoSize } = blockOf(victim.volume)
  return victim.volume.metadataOffsets.reduce((before, at) => {
    const field = new Uint8Array(u32("").size)
    u32("").set(viewOf(field), 0, crc32(storedBytes(before, extent(at, infoSize))))
    return withBytes(before, at + infoSize + ValidationHeader.offsetOf("crc"), field)
  }, victim)
}

export async function makeStale(
  victim: Victim,
  { copies }: { readonly copies: readonly number[] },
): Promise<Victim> {
  const older = await forgeVolume(victim.name, { protectors: PROTECTORS.slice(0, -1) })
  return copies.reduce((before, copy) => {
    const [area] = findPart(older, `copy ${copy}`)
    return withBytes(
      before,
      offsetOf(before, copy),
      storedBytes({ ...victim, input: older.image, start: 0 }, area!),
    )
  }, victim)
}

/** The sector is whole, and wrong: as after a restored backup of another partition's first sector. */
export function nameWrongOffsets(victim: Victim, { by }: { readonly by: number }): Victim {
  const sector = storedBytes(victim, extent(0, BOOT_SECTOR_SIZE))
  const boot = recogniseBootSector(sector)
  if (boot?.layout === "vista") {
    const lcn = BigInt(Math.floor((offsetOf(victim, 1) + by) / 4096))
    return withBytes(victim, 0, serializeVistaBootSector(sector, lcn))
  }
  const view = viewOf(sector)
  for (const offset of victim.volume.metadataOffsets) {
    for (let at = 0; at + 8 <= sector.length; at++) {
      if (view.getBigUint64(at, true) === BigInt(offset)) view.setBigUint64(at, BigInt(offset + by), true)
    }
  }
  return withBytes(victim, 0, sector)
}

/** Where NTFS fixtures hold files, and the others ciphertext all the same. */
const DATA_AT = 0x30000

export function nameData(victim: Victim, { copy }: { readonly copy: number }): Victim {
  const field = new Uint8Array(BigUint64Array.BYTES_PER_ELEMENT)
  viewOf(field).setBigUint64(0, BigInt(DATA_AT), true)
  const at = InformationHeader.offsetOf("copyOffsets") + (copy - 1) * field.length
  return victim.volume.metadataOffsets.reduce((before, start) => withBytes(before, start + at, field), victim)
}

function offsetOf({ volume }: Victim, copy: number): number {
  return volume.metadataOffsets[copy - 1]!
}
