/**
 * The port that everything stands on: random access to bytes of which some may be unreadable. A bad sector is an answer,
 * not an exception; throwing (`SourceError`) is for "this source is gone". There is no `write`: nothing that reads can be
 * handed to something that writes.
 */
import type { Extent } from "../extents/extent.ts"

export interface ByteSource {
  /** Bytes. */
  readonly size: number
  /** The smallest unit that the medium reads; 512 where nothing says otherwise. */
  readonly sectorSize: number
  /**
   * The parts that hold anything, ascending: everything else is known to be unreadable before it is read, as the head of a
   * volume is whose image begins too late. A search looks nowhere else, however large the source claims to be. Absent: all.
   */
  readonly held?: readonly Extent[]
  /**
   * Fills `into` from `at`. Resolves to the extents (in source positions) that could not be read, none when all is well;
   * the bytes of an unreadable extent are zero in `into`. Reading outside `[0, size)` is a caller's mistake.
   * @throws SourceError when the source is gone or ended early.
   */
  read(at: number, into: Uint8Array, signal?: AbortSignal): Promise<readonly Extent[]>
  /**
   * As `read`, but a request that fails is not tried again in parts: all that it asked for counts as unreadable. For a
   * medium that each failing read may harm. Absent where no read ever fails as a whole.
   */
  readonly readOnce?: ByteSource["read"]
  close(): Promise<void>
}

/** A source as data: it crosses threads, is named by the map and printed in the report. */
export type SourceSpec =
  /** `size` is the file's when it was named: a shorter one has shrunk since. Absent: whatever it has. */
  | { readonly kind: "file"; readonly path: string; readonly size?: number }
  | { readonly kind: "device"; readonly path: string; readonly size: number; readonly sectorSize: number }
  | { readonly kind: "slice"; readonly of: SourceSpec; readonly extent: Extent; readonly sectorSize: number }
  /** An image of which parts were never filled. */
  | { readonly kind: "masked"; readonly of: SourceSpec; readonly missing: readonly Extent[] }

/** A whole file or device: what a person names. */
export type DriveSpec = Exclude<SourceSpec, { readonly kind: "slice" | "masked" }>
