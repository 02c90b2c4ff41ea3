/**
 * Windows Vista's boot sector is the NTFS one with two fields changed, in place and in plaintext, and so is its backup in
 * the last sector. The volume shows the original fields; the one value that was lost is kept in the metadata.
 */
import { BiosParameters, type VolumeFacts, VistaSector } from "../fve/index.ts"
import type { Substitution } from "./volume-plan.ts"

const NTFS_OEM_NAME = Uint8Array.from("NTFS    ", (letter) => letter.charCodeAt(0))

/** @param at where the changed boot sector is */
export function vistaSubstitutions(facts: VolumeFacts, at: number): Substitution[] {
  const lcn = new Uint8Array(BigUint64Array.BYTES_PER_ELEMENT)
  new DataView(lcn.buffer).setBigUint64(0, facts.mftMirrorLcn ?? 0n, true)
  return [
    { at: at + BiosParameters.offsetOf("signature"), bytes: NTFS_OEM_NAME },
    // In NTFS the field is the cluster of $MFTMirr.
    { at: at + VistaSector.offsetOf("metadataLcn"), bytes: lcn },
  ]
}
