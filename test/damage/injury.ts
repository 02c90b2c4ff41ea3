/** What can be done to a volume, as data: the injuries of scenario files. `injure` knows how each is done. */
import type { SeededRandom } from "../forge/random.ts"
import { cutOff, flipBits, quickFormat, shiftPartition, wipeTable } from "./injure-disk.ts"
import {
  displaceCopy,
  layBootSector,
  layFileSystem,
  layForeignCopies,
  layVirtualDisk,
  leaveConversion,
  leaveGeneration,
} from "./injure-ground.ts"
import {
  breakDatumSize,
  makeCrcRight,
  makeStale,
  nameData,
  nameWrongOffsets,
  repeatDamage,
} from "./injure-metadata.ts"
import { findPart } from "./parts.ts"
import { type Filling, overwrite, type Victim } from "./victim.ts"
import type { VolumeName } from "./volumes.ts"

/** Copies are numbered from 1. */
export type Injury =
  | { readonly injury: "destroy"; readonly parts: readonly string[]; readonly with: Filling }
  /** What stands in one copy then stands in others too, damage included. */
  | { readonly injury: "repeat-damage"; readonly from: number; readonly to: readonly number[] }
  | {
      readonly injury: "break-datum-size"
      readonly datum: string
      readonly copies: readonly number[]
      readonly size: number
    }
  | { readonly injury: "make-crc-right" }
  /** An older generation of the metadata, without the last key protector, stands in these places. */
  | { readonly injury: "make-stale"; readonly copies: readonly number[] }
  /** In all places that the boot sector names. */
  | { readonly injury: "name-wrong-offsets"; readonly by: number }
  | { readonly injury: "quick-format"; readonly tool: FormatTool }
  | { readonly injury: "wipe-table"; readonly which: "mbr" | "gpt primary" | "gpt both" }
  | { readonly injury: "shift-partition"; readonly table: "mbr" | "gpt"; readonly by: number }
  /** Shares of the volume. */
  | { readonly injury: "cut-off"; readonly head?: number; readonly tail?: number }
  /** In these parts, or anywhere. */
  | { readonly injury: "flip-bits"; readonly count: number; readonly parts?: readonly string[] }
  /** In free space, where this volume never wrote: what the disk was encrypted with before. */
  | { readonly injury: "leave-generation" }
  | { readonly injury: "lay-foreign-copies" }
  | { readonly injury: "lay-boot-sector"; readonly of: VolumeName }
  /** Over the place where the head is kept. */
  | { readonly injury: "lay-file-system" }
  | { readonly injury: "displace-copy" }
  /** The structures of an earlier conversion, in free space and in the boot sector. */
  | { readonly injury: "leave-conversion" }
  /** In the header of all copies: where one of the copies lies. */
  | { readonly injury: "name-data"; readonly copy: number }
  /** A file of a virtual disk with another volume in it, in space that is stored in plaintext. */
  | { readonly injury: "lay-virtual-disk" }

export type FormatTool = "mkntfs" | "mkfs.exfat" | "mkfs.vfat"

type Parameters<K extends Injury["injury"]> = Extract<Injury, { readonly injury: K }>
type Surgeon<P> = (victim: Victim, parameters: P, random: SeededRandom) => Victim | Promise<Victim>

const SURGEONS: { readonly [K in Injury["injury"]]: Surgeon<Parameters<K>> } = {
  destroy: (victim, { parts, with: filling }, random) =>
    overwrite(
      victim,
      parts.flatMap((name) => findPart(victim.volume, name)),
      filling,
      random,
    ),
  "repeat-damage": repeatDamage,
  "break-datum-size": breakDatumSize,
  "make-crc-right": makeCrcRight,
  "make-stale": makeStale,
  "name-wrong-offsets": nameWrongOffsets,
  "quick-format": quickFormat,
  "wipe-table": wipeTable,
  "shift-partition": shiftPartition,
  "cut-off": cutOff,
  "flip-bits": flipBits,
  "leave-generation": leaveGeneration,
  "lay-foreign-copies": layForeignCopies,
  "lay-boot-sector": layBootSector,
  "lay-file-system": layFileSystem,
  "displace-copy": displaceCopy,
  "leave-conversion": leaveConversion,
  "name-data": nameData,
  "lay-virtual-disk": layVirtualDisk,
}

export async function injure(
  victim: Victim,
  injuries: readonly Injury[],
  random: SeededRandom,
): Promise<Victim> {
  let current = victim
  for (const injury of injuries) {
    current = await (SURGEONS[injury.injury] as Surgeon<Injury>)(current, injury, random)
  }
  return current
}
