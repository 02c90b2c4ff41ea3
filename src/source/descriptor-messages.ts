/** What a process that reads a device and its owner tell each other, as Node's advanced serialization carries it. */
import type { Extent } from "../extents/extent.ts"

export type DescriptorRequest =
  /** The first. */
  | { readonly path: string; readonly direct: boolean }
  /** To be read. */
  | Extent

export type DescriptorReply =
  /** None, when it was opened. */
  | { readonly bytes: Uint8Array }
  /** The system's error. */
  | { readonly errno: string | undefined; readonly message: string }
