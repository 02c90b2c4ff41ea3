/** Finds volumes and their metadata copies, and returns what it saw as evidence. */
export * from "./derive-volumes.ts"
export * from "./found-enough.ts"
export * from "./locate-volumes.ts"
export * from "./survey-metadata.ts"
export * from "./volume-place.ts"
