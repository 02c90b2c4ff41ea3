/** What to forge: every way in which a volume can differ, as data. The same recipe over the same plaintext gives the same bytes. */
import type { EncryptionMethod } from "../../src/crypto/method.ts"
import type { Extent } from "../../src/extents/extent.ts"

export interface Recipe {
  /** Which Windows wrote it: Vista, 7, 8 to 11; or a FAT or exFAT stick behind a discovery volume. */
  readonly layout: "vista" | "windows7" | "windows8" | "to-go"
  readonly method: EncryptionMethod
  /** 512 when absent. */
  readonly sectorSize?: 512 | 4096
  /** The boot sector says 0, as on exFAT volumes of Windows 10 1903 and later. */
  readonly hidesSectorSize?: boolean
  /** Encrypted from end to end when absent. */
  readonly conversion?: Conversion
  readonly protectors: readonly ProtectorRecipe[]
  /** Where the file system has no data; when absent, the runs of zeros in the plaintext. */
  readonly free?: readonly Extent[]
  /** Trimmed by an SSD: stored as zeros. In whole sectors. */
  readonly trimmed?: readonly Extent[]
  /** The last sector is stored in plaintext, as used-space-only encryption leaves it. */
  readonly hasPlainTail?: boolean
  /** Roles, types and flags that no Windows of today writes. */
  readonly hasFutureDatums?: boolean
  /** Of a Windows that unlocks other volumes by itself: 32 bytes. */
  readonly autoUnlockKey?: Uint8Array
  /** Sectors before the volume on its disk. */
  readonly hiddenSectorCount?: number
  readonly seed?: number
  /** Of the first datum that is wrapped: 2 when absent, more where the metadata has been changed before. */
  readonly firstNonceCounter?: number
}

export type Direction = "encrypting" | "decrypting"

export type Conversion =
  | { readonly kind: "encrypted" }
  /** Encrypt-on-write structures may remain, as in the state before a first conversion. */
  | { readonly kind: "decrypted"; readonly hasEow?: boolean }
  /** Encrypted below the watermark. With a log, the watermark moves to room that the log has. */
  | {
      readonly kind: "watermark"
      readonly at: number
      readonly direction: Direction
      readonly state: "paused" | "converting" | "converting-with-log"
    }
  | EowConversion

export interface EowConversion {
  readonly kind: "eow"
  readonly direction: Direction
  /** Share of its chunks that each region has converted, from the low end on; taken in turns. */
  readonly progress: readonly number[]
  readonly chunkSize: number
  /** About what a region spans. */
  readonly regionSize: number
  readonly inFlight?: {
    readonly region: number
    /**
     * The chunk after the converted ones: logged only; some sectors done; all done; all done and the bitmap too, so that
     * the log is stale; or logged without its trailing control sector.
     */
    readonly phase: "logged" | "partly" | "done" | "stale" | "torn"
  }
}

export type ProtectorRecipe =
  | {
      readonly kind: "recovery-password"
      readonly digits?: string
      /** Name of the protector: Windows writes `DiskPassword` or nothing. */
      readonly name?: string
      readonly hasBackupInfo?: boolean
    }
  | { readonly kind: "password"; readonly password: string }
  | { readonly kind: "startup-key"; readonly namesVolume?: boolean }
  | { readonly kind: "clear-key" }
  /** Without a certificate it is of the right shape, with a key that nobody has. */
  | { readonly kind: "public-key"; readonly certificate?: ForgedCertificate }
  /** These cannot be opened from the disk alone. */
  | { readonly kind: "tpm" | "tpm-pin" | "network-unlock" | "future" }

export interface ForgedCertificate {
  /** The certificate, without its private key. */
  readonly pem: string
  /** Of the encrypted key: as CNG writes it, unless told. */
  readonly byteOrder?: "cng" | "cryptoapi"
  /** What is encrypted: the key alone, unless told. */
  readonly holds?: "key" | "key datum"
  /** PKCS#1 v1.5, unless told. */
  readonly padding?: "pkcs1" | "oaep-sha1" | "oaep-sha256"
}
