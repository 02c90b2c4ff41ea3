/** A metadata copy as evidence: where it was looked for and what was there. `locate/` makes it, `repair/` judges it. */
import type { Extent } from "../extents/extent.ts"
import type { MetadataBlock } from "./metadata-block.ts"

export interface MetadataCopy {
  /** 1 to 3, its slot in the list of offsets. */
  readonly copy: number
  /** Bytes from the start of the volume. */
  readonly offset: number
  /** What was read of its area, parsable or not; unreadable bytes are zero. */
  readonly bytes: Uint8Array
  /** Absent when no metadata block is there. */
  readonly block?: MetadataBlock
  /** Parts of its area that could not be read, the part beyond the end of the source included. */
  readonly unreadable: readonly Extent[]
}
