/** The forged volumes of the peer matrix, by name. */
import { EncryptionMethod } from "../../src/crypto/method.ts"
import { type FixtureName, freeExtents, loadFixture } from "../fixtures/fixtures.ts"
import { forge, type ForgedVolume, type Recipe } from "../forge/forge.ts"

export const PASSWORD = "correct horse 1"

/** What the peers take credentials for, except where a volume names its own. */
const PROTECTORS: Recipe["protectors"] = [
  { kind: "password", password: PASSWORD },
  { kind: "recovery-password", hasBackupInfo: true },
  { kind: "startup-key" },
]

const { aes128Cbc, aes128CbcDiffuser, aes256Cbc, aes256CbcDiffuser, xtsAes128, xtsAes256 } = EncryptionMethod
type Made = Omit<Recipe, "protectors"> &
  Partial<Pick<Recipe, "protectors">> & { readonly fixture?: FixtureName }

const VOLUMES = {
  "windows7-diffuser-128": { layout: "windows7", method: aes128CbcDiffuser },
  "windows7-diffuser-256": { layout: "windows7", method: aes256CbcDiffuser },
  "windows7-cbc-256": { layout: "windows7", method: aes256Cbc },
  "windows8-cbc-128": { layout: "windows8", method: aes128Cbc },
  "windows8-cbc-256": { layout: "windows8", method: aes256Cbc },
  "windows8-xts-128": { layout: "windows8", method: xtsAes128 },
  "windows8-xts-256": { layout: "windows8", method: xtsAes256 },
  "4096-byte-sectors-cbc-128": {
    layout: "windows8",
    method: aes128Cbc,
    sectorSize: 4096,
    fixture: "ntfs-4096",
  },
  "4096-byte-sectors-xts-128": {
    layout: "windows8",
    method: xtsAes128,
    sectorSize: 4096,
    fixture: "ntfs-4096",
  },
  "4096-byte-sectors-xts-256": {
    layout: "windows8",
    method: xtsAes256,
    sectorSize: 4096,
    fixture: "ntfs-4096",
  },
  "to-go-fat32-cbc-128": { layout: "to-go", method: aes128Cbc, fixture: "fat32" },
  "to-go-exfat-xts-128": { layout: "to-go", method: xtsAes128, fixture: "exfat" },
  "exfat-sector-size-0-xts-128": {
    layout: "windows8",
    method: xtsAes128,
    hidesSectorSize: true,
    fixture: "exfat",
  },
  "vista-diffuser-128": { layout: "vista", method: aes128CbcDiffuser },
  "paused-cbc-256": {
    layout: "windows7",
    method: aes256Cbc,
    conversion: { kind: "watermark", at: 0x400000, direction: "decrypting", state: "paused" },
  },
  "encrypt-on-write-xts-128": {
    layout: "windows8",
    method: xtsAes128,
    conversion: {
      kind: "eow",
      direction: "encrypting",
      progress: [1, 0.5, 0],
      chunkSize: 0x10000,
      regionSize: 0x200000,
    },
  },
  decrypted: { layout: "windows8", method: xtsAes128, conversion: { kind: "decrypted" } },
  "suspended-xts-128": { layout: "windows8", method: xtsAes128, protectors: [{ kind: "clear-key" }] },
  "other-protectors-xts-128": {
    layout: "windows8",
    method: xtsAes128,
    protectors: [{ kind: "tpm" }, { kind: "public-key" }, ...PROTECTORS],
  },
  "future-datums-xts-128": { layout: "windows8", method: xtsAes128, hasFutureDatums: true },
  "unicode-password-xts-128": {
    layout: "windows8",
    method: xtsAes128,
    protectors: [{ kind: "password", password: "Gr\u00f6\u00dfe \u20ac" }],
  },
} satisfies Record<string, Made>

export type VolumeName = keyof typeof VOLUMES

export function forgeNamed(name: VolumeName): Promise<ForgedVolume> {
  const { fixture = "ntfs-512", ...recipe }: Made = VOLUMES[name]
  return forge(loadFixture(fixture), { protectors: PROTECTORS, free: freeExtents(fixture), ...recipe })
}
