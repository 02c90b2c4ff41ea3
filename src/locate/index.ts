/** Finds volumes and their metadata copies, and returns what it saw as evidence. */
export * from "./locate-volumes.ts"
export * from "./survey-metadata.ts"
