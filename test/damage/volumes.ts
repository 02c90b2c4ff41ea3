/** The volumes that are damaged: each layout and cipher with a real file system in it, small, forged once per process. */
import { EncryptionMethod } from "../../src/crypto/method.ts"
import type { Extent } from "../../src/extents/extent.ts"
import { type FixtureName, freeExtents, loadFixture } from "../fixtures/fixtures.ts"
import { forge, type ForgedVolume, type Recipe } from "../forge/forge.ts"

const { aes128Cbc, aes128CbcDiffuser, aes256Cbc, xtsAes128 } = EncryptionMethod

interface Kind extends Pick<Recipe, "layout" | "method" | "sectorSize"> {
  readonly fixture: FixtureName
}

const KINDS = {
  "XTS-128": { layout: "windows8", method: xtsAes128, fixture: "ntfs-512" },
  "diffuser-128": { layout: "windows7", method: aes128CbcDiffuser, fixture: "ntfs-512" },
  "CBC-256": { layout: "windows8", method: aes256Cbc, fixture: "ntfs-512" },
  "To Go FAT32": { layout: "to-go", method: aes128Cbc, fixture: "fat32" },
  "To Go exFAT": { layout: "to-go", method: xtsAes128, fixture: "exfat" },
  // With CBC, the first 512 bytes of a sector decrypt the same at either sector size.
  "4Kn": { layout: "windows8", method: aes128Cbc, sectorSize: 4096, fixture: "ntfs-4096" },
  Vista: { layout: "vista", method: aes128CbcDiffuser, fixture: "ntfs-512" },
} as const satisfies Record<string, Kind>

export type VolumeName = keyof typeof KINDS

export const VOLUME_NAMES = Object.keys(KINDS) as readonly VolumeName[]

/** The dataset then spans three sectors of each metadata copy. */
export const PROTECTORS = [
  { kind: "password", password: "correct horse 1" },
  { kind: "recovery-password", hasBackupInfo: true },
  { kind: "startup-key" },
] as const satisfies Recipe["protectors"]

/** What a scenario may change of its volume. */
export type Changes = Partial<
  Pick<Recipe, "conversion" | "hasPlainTail" | "hiddenSectorCount" | "protectors" | "seed" | "trimmed">
>

export function recipeOf(name: VolumeName, changes: Changes = {}): Recipe {
  const { fixture, ...kind }: Kind = KINDS[name]
  return { ...kind, protectors: PROTECTORS, free: freeExtents(fixture), ...changes }
}

export function plaintextOf(name: VolumeName): Uint8Array {
  return loadFixture(KINDS[name].fixture)
}

/** Where no file lies. */
export function freeOf(name: VolumeName): readonly Extent[] {
  return freeExtents(KINDS[name].fixture)
}

const forged = new Map<string, Promise<ForgedVolume>>()

/** The same volume at every call: nobody may write to it. */
export function forgeVolume(name: VolumeName, changes: Changes = {}): Promise<ForgedVolume> {
  const key = JSON.stringify([name, changes])
  const volume = forged.get(key) ?? forge(plaintextOf(name), recipeOf(name, changes))
  // Many megabytes each, and scenarios come in an order in which only the unchanged ones return.
  if (Object.keys(changes).length === 0) forged.set(key, volume)
  return volume
}

/** Another volume, so small that it fits into the free space of the others. */
export function forgeStranger(): Promise<ForgedVolume> {
  return forge(loadFixture("fat12"), {
    layout: "windows8",
    method: xtsAes128,
    free: freeExtents("fat12"),
    protectors: [{ kind: "startup-key" }],
    seed: 77,
  })
}
