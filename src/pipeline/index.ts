/** The door of `pipeline/`: a plan, executed; a source, searched. */
export { runPlan } from "./run-plan.ts"
export type { Reading, RunCheckpoint, RunProgress, RunRequest, RunResult } from "./run-request.ts"
export { type ScanRequest, type ScanResult, scanSource } from "./scan-source.ts"
export { type ScanState, scannedBytes } from "./scan-state.ts"
export { warmThreadsFor } from "./open-lanes.ts"
export type { WarmThreads } from "./threads.ts"
