/**
 * A finding is a fact about the disk, good or bad. Findings accumulate and never stop the work; judgement over them is a
 * pure function elsewhere that keeps its reasons.
 */
import type { Extent } from "./extents/extent.ts"
import type { JsonObject } from "./errors.ts"

/** `good` supports the result, `notice` is worth knowing, `damage` is something broken or lost. */
export type Severity = "good" | "notice" | "damage"

export interface Finding {
  /** Stable and kebab-case: `metadata-crc-wrong`. */
  readonly code: string
  readonly severity: Severity
  /** One sentence for a person: lower case, no full stop, positions in hex. */
  readonly text: string
  /** Where, in bytes from the start of the volume, when it is in one place. */
  readonly extent?: Extent
  /** What was seen, for scripts. Never a secret. */
  readonly evidence?: JsonObject
}
