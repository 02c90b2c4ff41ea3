/**
 * The blueprint of a volume: where everything lies and what is stored how, before any byte of it is written. Layouts make
 * it; `store.ts` executes it, in memory or chunk by chunk.
 */
import type { EncryptionMethod } from "../../src/crypto/method.ts"
import type { Extent } from "../../src/extents/extent.ts"
import type { ForgedKeys } from "./dataset.ts"

/** Random access to the plaintext volume. */
export interface PlaintextImage {
  readonly size: number
  read(at: number, length: number): Uint8Array
}

export interface Overlay {
  readonly at: number
  readonly bytes: Uint8Array
}

export interface Geometry {
  readonly size: number
  readonly sectorSize: number
  /** All three copies. */
  readonly metadataOffsets: readonly number[]
  readonly areaSize: number
  /** Where the volume's head is stored; absent on Vista. */
  readonly headBackup?: Extent
  readonly extraRegion?: Extent
  /** What reads as zeros: metadata copies, the head's backup, encrypt-on-write structures, a log. */
  readonly zeroed: readonly Extent[]
  /** The places whose sectors are stored in plaintext, sorted and merged. */
  readonly storedPlain: readonly Extent[]
}

export interface Blueprint extends Geometry, ForgedKeys {
  readonly method: EncryptionMethod
  /** Stored as it is, after everything else was encrypted. */
  readonly overlays: readonly Overlay[]
  readonly trimmed: readonly Extent[]
}
