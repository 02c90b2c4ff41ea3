/** A volume that has room for thousands of bad areas far apart from each other, forged once per process. */
import { freeRoomOf, plaintextOf } from "../../bench/plaintext.ts"
import { extent } from "../../src/extents/extent.ts"
import { recipeOf } from "../damage/volumes.ts"
import { drawBlueprint, type ForgedVolume } from "../forge/forge.ts"
import { expectPart, storePart } from "../forge/store.ts"

/** One bad sector in every 64 KiB of it makes 5,000 of them. */
const SIZE = 320 << 20

let forged: Promise<ForgedVolume> | undefined

export function forgeLarge(): Promise<ForgedVolume> {
  return (forged ??= forgeOne())
}

async function forgeOne(): Promise<ForgedVolume> {
  const plaintext = plaintextOf(SIZE)
  const blueprint = await drawBlueprint(plaintext, recipeOf("XTS-128"), freeRoomOf(SIZE))
  const whole = extent(0, SIZE)
  return {
    ...blueprint,
    image: storePart(blueprint, plaintext, whole),
    expected: expectPart(blueprint, plaintext, whole),
  }
}
