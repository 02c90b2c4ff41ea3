/** Volumes whose keys are exported, and the harm that makes the export necessary. */
import { EncryptionMethod } from "../../../src/crypto/method.ts"
import { type Extent, extent } from "../../../src/extents/extent.ts"
import { type FixtureName, freeExtents, loadFixture } from "../../fixtures/fixtures.ts"
import { forge, type ForgedVolume, type Recipe } from "../../forge/forge.ts"

export const PASSWORD = "correct horse 1"

export const PROTECTORS = [
  { kind: "password", password: PASSWORD },
  { kind: "recovery-password", hasBackupInfo: true },
  { kind: "startup-key" },
  { kind: "tpm-pin" },
  { kind: "public-key" },
] as const satisfies Recipe["protectors"]

export const METHODS = Object.entries(EncryptionMethod)

/** In the head of the volume, where an NTFS that starts a system has it: of this no copy is anywhere. */
const BOOT_CODE = Buffer.from("BOOTMGR is missing\r\n")
const BOOT_CODE_AT = 0x1180

export function forgeVolume(
  changes: Partial<Recipe> & { readonly fixture?: FixtureName } = {},
): Promise<ForgedVolume> {
  const { fixture = "ntfs-512", ...recipe } = changes
  const plaintext = loadFixture(fixture).slice()
  plaintext.set(BOOT_CODE, BOOT_CODE_AT)
  return forge(plaintext, {
    layout: "windows8",
    method: EncryptionMethod.xtsAes128,
    free: freeExtents(fixture),
    protectors: PROTECTORS,
    ...recipe,
  })
}

export function protectorOf(
  { protectors }: ForgedVolume,
  kind: ForgedVolume["protectors"][number]["kind"],
): ForgedVolume["protectors"][number] {
  return protectors.find((one) => one.kind === kind)!
}

export function metadataOf({ metadataOffsets, areaSize }: ForgedVolume): Extent[] {
  return metadataOffsets.map((at) => extent(at, areaSize))
}

/** A copy with zeros in these places. */
export function zeroed(image: Uint8Array, places: readonly Extent[]): Uint8Array {
  const damaged = image.slice()
  for (const { start, length } of places) damaged.fill(0, start, start + length)
  return damaged
}
