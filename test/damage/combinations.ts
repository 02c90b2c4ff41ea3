/**
 * Three injuries at random, from a seed: nobody chose them, so nobody thought of what they do to each other. The oracle says
 * whether the keys and the place of the volume can still be known; where they cannot, refusing is right.
 */
import { type Extent, extent } from "../../src/extents/extent.ts"
import { type SeededRandom, seededRandom } from "../forge/random.ts"
import { type Injury, injure } from "./injury.ts"
import { hasHeader, isWhole } from "./oracle.ts"
import { findPart } from "./parts.ts"
import type { Scenario } from "./scenario.ts"
import { heldExtent, layOnDisk, type Victim } from "./victim.ts"
import { forgeVolume, VOLUME_NAMES } from "./volumes.ts"

export interface Combination {
  readonly victim: Victim
  readonly scenario: Scenario
  /** `either`: right or refused, but not wrong. */
  readonly must: "recover" | "either"
}

const MIB = 1 << 20

export async function combine(seed: number): Promise<Combination> {
  const random = seededRandom(seed * 7919)
  const name = VOLUME_NAMES[random.integer(VOLUME_NAMES.length)]!
  const volume = await forgeVolume(name)
  const isOnDisk = random.integer(3) === 0
  const table = isOnDisk ? ([{ injury: "wipe-table", which: "gpt both" }] as const) : []
  const chosen = Array.from({ length: 3 - table.length }, () => choose(random, name !== "Vista"))
  // Cuts come last: the others need the places that they cut off.
  const injuries = [
    ...table,
    ...chosen.sort((a, b) => Number(a.injury === "cut-off") - Number(b.injury === "cut-off")),
  ]
  const whole = layOnDisk(name, volume, isOnDisk ? { table: "gpt", start: 2 * MIB } : undefined)
  const victim = await injure(whole, injuries, random)
  const hasKeyPackage = random.integer(4) === 0
  const scenario: Scenario = {
    name: `combination ${seed}`,
    story: injuries.map((injury) => JSON.stringify(injury)).join(", "),
    injuries,
    expected: "recovered",
    ...(hasKeyPackage && { keyPackage: "own" }),
  }
  return { victim, scenario, must: verdictOn(victim, hasKeyPackage) }
}

const DATUMS = ["password", "recovery password", "startup key", "FVEK", "description"]

function choose(random: SeededRandom, hasHeadBackup: boolean): Injury {
  const oneOf = <T>(values: readonly T[]): T => values[random.integer(values.length)]!
  const filling = oneOf(["zeros", "random"] as const)
  const copy = oneOf([1, 2, 3])
  const copies = oneOf([[1], [2], [3], [1, 2], [1, 3], [2, 3], [1, 2, 3]])
  const datum = oneOf(hasHeadBackup ? [...DATUMS, "virtualization info"] : DATUMS)
  const destroy = (...parts: string[]): Injury => ({ injury: "destroy", parts, with: filling })
  const inEach = (what: string): Injury => destroy(...copies.map((copy) => `${what} of copy ${copy}`))
  const kinds: readonly (() => Injury)[] = [
    () => destroy("boot sector"),
    () => ({ injury: "name-wrong-offsets", by: 4096 * (1 + random.integer(40)) }),
    () => destroy(...copies.map((copy) => `copy ${copy}`)),
    () => inEach("information header"),
    () => inEach("dataset header"),
    () => inEach(datum),
    () => inEach(`sector ${1 + random.integer(3)}`),
    () => inEach("checksum"),
    () => inEach("validation block"),
    () => ({ injury: "break-datum-size", datum, copies, size: random.integer(4096) }),
    () => ({ injury: "make-stale", copies: [copy] }),
    () => ({ injury: "repeat-damage", from: copy, to: copies }),
    () => ({ injury: "make-crc-right" }),
    () => ({
      injury: "flip-bits",
      count: 1 + random.integer(9),
      parts: copies.map((copy) => `sector 1 of copy ${copy}`),
    }),
    () => ({ injury: "leave-generation" }),
    () => ({ injury: "lay-foreign-copies" }),
    () => destroy("last sector"),
    () => (hasHeadBackup ? destroy("head backup") : destroy("boot sector")),
    () => ({ injury: "cut-off", tail: (1 + random.integer(5)) / 10 }),
    () => ({ injury: "cut-off", head: (1 + random.integer(20)) / 100 }),
  ]
  return oneOf(kinds)()
}

function verdictOn(victim: Victim, hasKeyPackage: boolean): Combination["must"] {
  const hasKeys = hasKeyPackage || (survives(victim, "startup key") && survives(victim, "FVEK"))
  if (!hasKeys) return "either"
  const { volume } = victim
  const isComplete = heldExtent(victim).length === volume.size
  return hasHeader(victim) && isComplete ? "recover" : "either"
}

const SECTOR = 512

/** Whether the copies together still have each sector of the datum. */
function survives(victim: Victim, datum: string): boolean {
  const { volume } = victim
  const [place] = findPart(volume, `${datum} of copy 1`)
  const offset = place!.start - volume.metadataOffsets[0]!
  const pieces: Extent[] = []
  for (let at = offset; at < offset + place!.length; at = (Math.floor(at / SECTOR) + 1) * SECTOR) {
    const end = Math.min(offset + place!.length, (Math.floor(at / SECTOR) + 1) * SECTOR)
    pieces.push(extent(at, end - at))
  }
  return pieces.every((piece) =>
    volume.metadataOffsets.some((copy) => isWhole(victim, extent(copy + piece.start, piece.length))),
  )
}
