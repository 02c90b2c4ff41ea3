/**
 * The decrypted view of a volume: `surveyConversion` reads the evidence, `planVolume` makes typed runs of it, and a plan is
 * executed in bulk by the lanes of `pipeline/` or a little at a time by `plainView`.
 */
export { type EowPlaces, hasEowInfo } from "./eow-structures.ts"
export * from "./plan-file.ts"
export * from "./plan-volume.ts"
export * from "./source-map.ts"
export * from "./survey-conversion.ts"
export * from "./view.ts"
export * from "./volume-plan.ts"
