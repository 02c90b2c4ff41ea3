/** Judges metadata copies and keeps the reasons. */
export * from "./choose-metadata.ts"
