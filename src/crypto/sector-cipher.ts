/** The port of the sector ciphers: `reference.ts` is the specification, the fast ones must equal it bit for bit. */
import type { EncryptionMethod } from "./method.ts"

export interface SectorCipher {
  readonly method: EncryptionMethod
  /** Bytes in a sector of the volume: 512 to 4096. */
  readonly sectorSize: number
  /**
   * Page-aligned memory of the cipher, a whole number of sectors: what is read into it, decrypted and written from it is
   * never copied, and direct I/O takes it. Any other buffer works too, at the cost of a copy.
   */
  readonly buffer: Uint8Array
  /**
   * Decrypts whole sectors in place.
   * @param position byte offset in the volume where the first sector is *stored*: it makes the tweaks
   */
  decrypt(sectors: Uint8Array, position: number): void
  /** The inverse of decrypt. */
  encrypt(sectors: Uint8Array, position: number): void
}
