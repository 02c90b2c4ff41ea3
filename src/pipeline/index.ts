/** The door of `pipeline/`: a plan, executed. */
export { runPlan } from "./run-plan.ts"
export type { RunProgress, RunRequest, RunResult } from "./run-request.ts"
export { type WarmThreads, warmThreads } from "./threads.ts"
