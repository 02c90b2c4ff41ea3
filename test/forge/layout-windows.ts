/** Fixed volumes of Windows 7 to 11: a boot sector of BitLocker's own, random bytes behind it. */
import { BiosParameters, serializeFveBootSector } from "../../src/fve/index.ts"
import type { PlaintextImage } from "./blueprint.ts"
import type { Front } from "./layout-version-2.ts"
import { seededRandom } from "./random.ts"
import type { Recipe } from "./recipe.ts"

/** At either sector size. */
const HEAD_SIZE = 0x2000

export function windowsFront(image: PlaintextImage, recipe: Recipe): Front {
  const { sectorSize = 512, hiddenSectorCount = 2048, seed = 1 } = recipe
  const bios = BiosParameters.parse(image.read(0, sectorSize))
  return {
    length: HEAD_SIZE,
    flags: 0x0an,
    draw(metadataOffsets, eowOffsets) {
      const head = seededRandom(seed + 1000).bytes(HEAD_SIZE)
      head.fill(0, 0, sectorSize)
      head.set(
        serializeFveBootSector({
          sectorSize: recipe.hidesSectorSize ? 0 : sectorSize,
          clusterSectorCount: bios.clusterSectorCount,
          trackSectorCount: 63,
          headCount: 255,
          hiddenSectorCount,
          metadataOffsets,
          ...(eowOffsets && { eowOffsets }),
        }),
      )
      return head
    },
  }
}
