/**
 * The forge: valid BitLocker volumes from a plaintext image, of every layout, cipher, state and protector. It shares the
 * declarations of structures with what it tests, so its volumes are also opened by other programs (`test/peers/`) and its
 * metadata compared with those of real Windows (`test/forge/`).
 */
import { type Extent, extent } from "../../src/extents/extent.ts"
import type { Blueprint, PlaintextImage } from "./blueprint.ts"
import { zeroRuns } from "./free-room.ts"
import { toGoFront } from "./layout-to-go.ts"
import { drawVersion2 } from "./layout-version-2.ts"
import { drawVista } from "./layout-vista.ts"
import { windowsFront } from "./layout-windows.ts"
import type { Recipe } from "./recipe.ts"
import { expectPart, storePart } from "./store.ts"

export type { Recipe } from "./recipe.ts"

export interface ForgedVolume extends Blueprint {
  /** The volume as Windows stores it. */
  readonly image: Uint8Array
  /** What reading it must give. */
  readonly expected: Uint8Array
}

export async function forge(plaintext: Uint8Array, recipe: Recipe): Promise<ForgedVolume> {
  const image = memoryImage(plaintext)
  const blueprint = await drawBlueprint(image, recipe, recipe.free ?? zeroRuns(plaintext))
  const whole = extent(0, plaintext.length)
  return {
    ...blueprint,
    image: storePart(blueprint, image, whole),
    expected: expectPart(blueprint, image, whole),
  }
}

export function drawBlueprint(
  image: PlaintextImage,
  recipe: Recipe,
  free: readonly Extent[],
): Promise<Blueprint> {
  if (recipe.layout === "vista") return drawVista(image, recipe, free)
  const front = recipe.layout === "to-go" ? toGoFront(image) : windowsFront(image, recipe)
  return drawVersion2(image, recipe, free, front)
}

function memoryImage(bytes: Uint8Array): PlaintextImage {
  return { size: bytes.length, read: (at, length) => bytes.slice(at, at + length) }
}
