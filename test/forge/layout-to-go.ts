/** BitLocker To Go: FAT or exFAT behind the discovery volume. */
import { BOOT_SECTOR_SIZE, serializeToGoBootSector } from "../../src/fve/index.ts"
import type { PlaintextImage } from "./blueprint.ts"
import { forgeDiscoveryVolume } from "./discovery-volume.ts"
import type { Front } from "./layout-version-2.ts"

export function toGoFront(image: PlaintextImage): Front {
  const head = forgeDiscoveryVolume(image.size)
  return {
    length: head.length,
    // As on sticks of Windows 10.
    flags: 0x848n,
    draw(metadataOffsets) {
      const out = head.slice()
      out.set(serializeToGoBootSector(head.subarray(0, BOOT_SECTOR_SIZE), metadataOffsets))
      return out
    },
  }
}
