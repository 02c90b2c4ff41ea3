/** The use cases. Shells import this door, render its events and reports, and never compute. */
export { checkCredentials } from "./check.ts"
export type * from "./events.ts"
export { inspectVolumes } from "./inspect.ts"
export { type OpenPlaintext, openPlaintext } from "./open-plaintext.ts"
export type * from "./patch-report.ts"
export { repairVolume } from "./repair.ts"
export { type InPlaceRequest, repairInPlace } from "./repair-in-place.ts"
export {
  type CollectorOptions,
  type ReportCollector,
  type ReportDocument,
  type ReportFormat,
  type ToolIdentity,
  collectReport,
  reportText,
} from "./report-collector.ts"
export type * from "./reports.ts"
export * from "./requests.ts"
export { type UndoRequest, undoRepair } from "./undo.ts"
