/**
 * What a patch is written to: the one port of the program that reads and writes the same bytes. `apply.ts` makes one of a
 * drive, the tests make others that die at any byte.
 */
import type { Extent } from "../extents/extent.ts"

export interface PatchMedium {
  /** As `ByteSource.read`: what is on the medium, as far as the system lets one see past its caches. */
  read(at: number, into: Uint8Array): Promise<readonly Extent[]>
  /** All of the bytes, or an error. */
  write(at: number, bytes: Uint8Array): Promise<void>
  /** Everything written so far is on the medium when this resolves. */
  sync(): Promise<void>
}
