/** Where recovered bytes go; never the source. */

export interface PositionalSink {
  /**
   * Writes all of `bytes` at `at`, in any order of positions (`stdout` takes ascending ones only). A partial write of the
   * system is completed or reported. @throws SinkError with what was written and what is missing.
   */
  write(at: number, bytes: Uint8Array): Promise<void>
  /** Everything written so far is on the medium when this resolves. */
  sync(): Promise<void>
  close(): Promise<void>
}

/**
 * What becomes of zeros: `write` writes them like anything else; `skip` leaves them out, in a file whose bytes are zero
 * already; `compare` looks first, in a file that may hold something else: of an earlier run, or of an earlier try.
 */
export type ZeroHandling = "write" | "skip" | "compare"

/** A sink as data. The file or device exists already: whoever plans the job creates it once, every lane opens it. */
export type SinkSpec =
  | { readonly kind: "image"; readonly path: string; readonly zeros: ZeroHandling }
  | { readonly kind: "device"; readonly path: string }
  | { readonly kind: "stdout" }
  | { readonly kind: "discard" }
