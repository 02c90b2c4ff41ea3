/** The use cases. Shells import this door, render its events and reports, and never compute. */
export { checkCredentials } from "./check.ts"
export type * from "./events.ts"
export { inspectVolumes } from "./inspect.ts"
export { type OpenPlaintext, openPlaintext } from "./open-plaintext.ts"
export { repairVolume } from "./repair.ts"
export type * from "./reports.ts"
export * from "./requests.ts"
