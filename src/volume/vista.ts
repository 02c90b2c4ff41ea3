/**
 * Windows Vista's boot sector is the NTFS one with two fields changed, in place and in plaintext, and so is its backup in
 * the last sector. The volume shows the original fields; the one value that was lost is kept in the metadata.
 */
import type { VolumeFacts } from "../fve/index.ts"
import type { Substitution } from "./volume-plan.ts"

const OEM_NAME_AT = 3
const MFT_MIRROR_LCN_AT = 0x38

/** @param at where the changed boot sector is */
export function vistaSubstitutions(facts: VolumeFacts, at: number): Substitution[] {
  const lcn = new Uint8Array(8)
  new DataView(lcn.buffer).setBigUint64(0, facts.mftMirrorLcn ?? 0n, true)
  return [
    { at: at + OEM_NAME_AT, bytes: Uint8Array.from("NTFS    ", (c) => c.charCodeAt(0)) },
    { at: at + MFT_MIRROR_LCN_AT, bytes: lcn },
  ]
}
