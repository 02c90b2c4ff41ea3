/** The use cases. Shells import this door, render its events and reports, and never compute. */
export { type BackupReport, type BackupRequest, backupKeys } from "./backup-keys.ts"
export { checkCredentials } from "./check.ts"
export type * from "./clinic-report.ts"
export { type ClinicRequest, cureRecoveryPassword } from "./clinic.ts"
export type * from "./events.ts"
export { exportKeyPackage, type KeyPackageReport, type KeyPackageRequest } from "./export-key-package.ts"
export type { FindKeysReport, FindKeysRequest } from "./find-keys.ts"
export { findKeys } from "./find-keys-lazily.ts"
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
export { revealKeys, type RevealReport, type RevealRequest } from "./reveal-keys.ts"
export type { KeyPlaces } from "./search-places.ts"
export { type StatusReport, volumeStatus } from "./status.ts"
export { type UndoRequest, undoRepair } from "./undo.ts"
