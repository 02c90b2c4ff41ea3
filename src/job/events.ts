/** What a job tells while it runs. Shells render events and never compute; `docs/json.md` documents them. */
import type { Finding } from "../findings.ts"
import type { PatchReport } from "./patch-report.ts"
import type { OpenedBy, PlanReport, VolumeReport } from "./reports.ts"

export type Phase = "locate" | "unlock" | "plan" | "decrypt" | "write" | "proof"

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
  /** Bytes, or steps of the key stretch in the phase `unlock`. */
  | {
      readonly type: "progress"
      readonly phase: Phase
      readonly done: number
      readonly total: number
      readonly unreadable: number
      /** Of an input that fails: the pass over it, and how many areas could not be read so far. */
      readonly rescue?: { readonly pass: string; readonly badAreas: number }
    }
