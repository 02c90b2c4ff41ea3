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

/** A sink as data. The file or device exists already: whoever plans the job creates it once, every lane opens it. */
export type SinkSpec =
  | {
      readonly kind: "image"
      readonly path: string
      /** Zeros may be skipped: only in a file that this run created, whose bytes are zero already. */
      readonly skipZeros: boolean
    }
  | { readonly kind: "device"; readonly path: string }
  | { readonly kind: "stdout" }
  | { readonly kind: "discard" }
