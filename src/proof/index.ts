/** The judgement over plaintext: is this the volume, or noise? */
export { type Proof, type ProofOptions, type Verdict, proveVolume } from "./prove-volume.ts"
