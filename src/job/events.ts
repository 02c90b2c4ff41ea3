/** What a job tells while it runs. Shells render events and never compute; `docs/json.md` documents them. */
import type { GroupFault } from "../credential/index.ts"
import type { Finding } from "../findings.ts"
import type { SearchReport } from "./clinic-report.ts"
import type { PatchReport } from "./patch-report.ts"
import type { OpenedBy, PlanReport, VolumeReport } from "./reports.ts"

export type Phase = "locate" | "unlock" | "plan" | "decrypt" | "write" | "proof" | "search"

export type JobEvent =
  | { readonly type: "phase"; readonly phase: Phase }
  | { readonly type: "finding"; readonly finding: Finding }
  /** About the run, not about the disk: what the target lacks, what a switch would save. */
  | { readonly type: "notice"; readonly code: string; readonly text: string }
  | { readonly type: "volume"; readonly volume: VolumeReport }
  | { readonly type: "opened"; readonly openedBy: OpenedBy }
  | { readonly type: "plan"; readonly plan: PlanReport }
  /** What would be written to the input itself, before anybody is asked. */
  | { readonly type: "patch"; readonly patch: PatchReport }
  /** What a search for a recovery password takes, before it starts. */
  | { readonly type: "search"; readonly search: SearchReport; readonly faults: readonly GroupFault[] }
  /** Bytes; steps of the key stretch in the phase `unlock`, candidates in the phase `search`. */
  | {
      readonly type: "progress"
      readonly phase: Phase
      readonly done: number
      readonly total: number
      readonly unreadable: number
      /** Of an input that fails: the pass over it, and how many areas could not be read so far. */
      readonly rescue?: { readonly pass: string; readonly badAreas: number }
    }
