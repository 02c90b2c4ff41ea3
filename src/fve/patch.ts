/**
 * A patch: what an in-place repair changes on a drive, as data. `repair/` plans it, a person sees it, the undo file keeps it,
 * `patch/` writes it, and takes it back.
 */

/** Which drive a patch is made for. */
export interface PatchIdentity {
  /** GUID that the metadata copies share. */
  readonly volumeId: string
  /** GUIDs of the key protectors: whoever agrees to the patch names one of them. */
  readonly keyIds: readonly string[]
  /** Bytes in the source. */
  readonly sourceSize: number
  /** Bytes in a sector of the source: edits are whole ones. */
  readonly sectorSize: number
  /** Where the volume starts in the source. */
  readonly volumeOffset: number
}

export interface Edit {
  /** Bytes from the start of the source, on a sector. */
  readonly at: number
  /** The structure that it restores, in words: "metadata copy 2". */
  readonly what: string
  /** Whole sectors, as they were found. */
  readonly before: Uint8Array
  /** As many bytes as before. */
  readonly after: Uint8Array
}

export interface Patch {
  readonly identity: PatchIdentity
  /** In the order in which they are written: no two share a sector, and the boot sector is the last one. */
  readonly edits: readonly Edit[]
}
