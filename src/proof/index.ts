/** The judgement over plaintext: is this the volume, or noise, and how much of it is right? */
export { judgeKey } from "./judge-key.ts"
export {
  type Losses,
  type RegionProof,
  type RegionVerdict,
  type VolumeRegions,
  hasNoise,
  proveRegions,
} from "./prove-regions.ts"
export { type Proof, type ProofOptions, type Verdict, proveVolume } from "./prove-volume.ts"
